"""Run by Alembic: the upgrade happens on the connection, and in the transaction, that `migrate.py` hands over."""

from alembic import context

from domain.store.db.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
