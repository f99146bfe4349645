"""How much is kept of what people add to by whatever they do, so that nobody can fill the disk with it."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, Delete, Table, delete, func, select, true


def beyond(table: Table, most: int, *of: Column[str], only: ColumnElement[bool] | None = None) -> Delete:
    """Deletes all rows but the newest of each owner.

    Args:
        most: how many rows of one owner stay.
        of: the columns that name the owner.
        only: which rows are meant; all by default.
    """
    place = func.row_number().over(partition_by=of, order_by=table.c.id.desc()).label("place")
    ranked = select(table.c.id, place).where(true() if only is None else only).subquery()
    return delete(table).where(table.c.id.in_(select(ranked.c.id).where(ranked.c.place > most)))
