"""What brings a database from one version of the tables to the next, run by Alembic.

Imports nothing of this project: a step stays what it was.
"""
