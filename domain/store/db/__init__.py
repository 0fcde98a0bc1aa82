"""The database: engine, tables, privileges, statements, and every difference between SQLite and PostgreSQL.

Imports no other room of the store.
"""
