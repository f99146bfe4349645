"""Runs the steps in ``versions/`` on the connection that :mod:`index.storage.store.articles` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
