"""Launches: which product a text speaks of, where its launch stands by that text, and how that changed over time."""
