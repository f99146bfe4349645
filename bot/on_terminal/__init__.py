"""The terminal: the surface that needs no token."""
