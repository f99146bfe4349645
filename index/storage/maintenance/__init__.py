"""Care of a data folder: copies, restoring, integrity."""
