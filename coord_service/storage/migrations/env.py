"""Alembic's way in: run the chosen revisions on the connection that ``storage.schema`` holds open."""

from alembic import context

from coord_service.storage.database import Row
from coord_service.storage.tables import Child

assert Child.metadata is Row.metadata  # importing the tables is what fills it

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    transactional_ddl=True,  # on SQLite too, where our engine begins transactions itself: all of it or nothing
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
