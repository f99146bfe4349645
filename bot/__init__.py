"""Shipdate's surfaces: the terminal, and the settings and wording that all surfaces share."""
