"""How articles come in: read from a source, prepared, embedded, written; and looked at again."""
