"""A ledger as one portable file (docs/archive.md): written row by row, verified while it is loaded.

May import all other rooms of the store; nobody of the store imports it.
"""
