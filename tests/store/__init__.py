"""The store against real databases: SQLite files and a PostgreSQL server."""
