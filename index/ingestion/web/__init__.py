"""The web as far as articles need it: addresses that are safe to ask, and what their servers answer."""
