"""The schema's history, for Alembic: one file a step, applied in order when a data folder is opened for writing."""
