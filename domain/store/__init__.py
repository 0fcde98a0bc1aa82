"""Everything that knows SQL: the engine, the tables and their migrations, the log, the vault, persons and tokens.

Its order is `proof > access > log > keys > db`; it imports events and values, no rule of the Measures.
"""
