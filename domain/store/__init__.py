"""Everything that knows SQL: the engine, the tables and their migrations, the log, the vault, persons and tokens."""
