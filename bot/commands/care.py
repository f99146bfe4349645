"""``shipdate doctor``: how the installation is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from bot.commands.running import Json, settings_of, with_index

if TYPE_CHECKING:
    from index.core import Index


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """What is installed, where it is, and how much is in."""
    settings = settings_of(context)

    async def work(index: Index) -> None:
        encoder = (await index.engine()).encoder
        counts = await index.counts()
        report = {
            "data": str(settings.data),
            "model": {"name": encoder.name, "folder": encoder.folder, "engine": encoder.engine, "fingerprint": encoder.fingerprint},
            "articles": counts.articles,
            "passages": counts.passages,
            "vectors": counts.vectors,
        }
        if as_json:
            print(json.dumps(report, ensure_ascii=False, indent=1))
        else:
            print(f"data      {settings.data}\nmodel     {encoder.name} ({encoder.engine})\n          {encoder.folder or ''}")
            print(f"articles  {counts.articles}\npassages  {counts.passages}\nvectors   {counts.vectors}")

    with_index(settings, work)
