"""The log of events: writing and reading it, the heads of streams, its order, and the index of events by key.

Imports `keys` and `db`.
"""
