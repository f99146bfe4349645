"""Article ids that nobody can make collide; of the items of feeds only what their number bounds; no table for what anybody may begin.

Ids and digests had 48 and 64 bits, of which two that are alike are made in seconds and in hours. What was shown before still finds
its article: buttons hold the id of an exchange, and the quotes of exchanges are moved along here.
"""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KEPT = 1200  # items a feed
_UNTOLD = "My data cannot be used at the moment; whoever runs me finds the reason in the log."
_SOME = 1000  # rows at a time


def upgrade() -> None:
    connection = op.get_bind()
    _items(connection)
    _exchanges(connection, _articles(connection))
    op.add_column("jobs", sa.Column("in_public", sa.Text))
    connection.exec_driver_sql("UPDATE jobs SET in_public = ? WHERE problem LIKE '%/%'", (_UNTOLD,))
    op.create_index("exchanges_by_workspace", "exchanges", ["platform", "workspace"])
    op.drop_table("slack_oauth_states")


def _items(connection: sa.Connection) -> None:
    """Known by digests, however long the names are that a feed gives them; and those of one feed no longer share a source."""
    newest = "SELECT id, row_number() OVER (PARTITION BY feed ORDER BY id DESC) AS place FROM feed_items"
    connection.exec_driver_sql(f"DELETE FROM feed_items WHERE id IN (SELECT id FROM ({newest}) WHERE place > ?)", (_KEPT,))
    query = "SELECT i.id, f.scope, i.key, i.source FROM feed_items i JOIN feeds f ON f.id = i.feed ORDER BY i.id"
    for id_, scope, key, source in connection.exec_driver_sql(query).all():
        digest = sha256(key.encode()).hexdigest()
        connection.exec_driver_sql("UPDATE feed_items SET key = ? WHERE id = ?", (digest, id_))
        if source.endswith(f"#{digest[:12]}"):
            for table in ("articles", "copies"):
                moved = f"UPDATE OR IGNORE {table} SET source = ? WHERE scope = ? AND source = ?"
                connection.exec_driver_sql(moved, (source[:-12] + digest[:32], scope, source))
    op.drop_column("feed_items", "source")


def _articles(connection: sa.Connection) -> dict[str, int]:
    """Returns the number of each article by the id that it had."""
    numbers: dict[str, int] = {}
    for number, id_, scope, source in connection.exec_driver_sql("SELECT number, id, scope, source FROM articles").all():
        connection.exec_driver_sql("UPDATE articles SET id = ? WHERE number = ?", (_id(scope, source), number))
        numbers[id_] = number
    return numbers


def _exchanges(connection: sa.Connection, numbers: dict[str, int]) -> None:
    """The quotes that answered, under the new ids, and known by longer digests as far as their articles still say so."""
    last = 0
    while rows := connection.exec_driver_sql("SELECT id, quotes FROM exchanges WHERE id > ? ORDER BY id LIMIT ?", (last, _SOME)).all():
        for id_, quotes in rows:
            marks = [_mark(connection, numbers, mark) for mark in json.loads(quotes)]
            connection.exec_driver_sql("UPDATE exchanges SET quotes = ? WHERE id = ?", (json.dumps(marks), id_))
            last = id_


def _mark(connection: sa.Connection, numbers: dict[str, int], mark: tuple[str, int, int, str]) -> list[object]:
    article, start, end, digest = mark
    found = connection.exec_driver_sql(
        "SELECT id, substr(text, ? + 1, ?) FROM articles WHERE number = ?", (start, end - start, numbers.get(article))
    ).first()
    if found is None:
        return [article, start, end, digest]
    said = sha256(found[1].encode()).hexdigest()
    return [found[0], start, end, said[:32] if said.startswith(digest) else digest]


def _id(scope: str, source: str) -> str:
    return sha256(f"{scope}\n{source}".encode()).hexdigest()[:32]
