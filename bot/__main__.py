"""``python -m bot`` is ``shipdate``."""

from bot.on_terminal.cli import main

main()
