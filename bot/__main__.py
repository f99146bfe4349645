"""``python -m bot`` is ``shipdate``."""

from bot.cli import main

main()
