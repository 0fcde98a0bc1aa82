"""Files that prove facts: encrypted chunk by chunk, named by what lies there, opened under a key of the vault.

Imports `keys` and `db`. `cipher` knows bytes alone, `objects` where they lie, `file_rows` whose they are.
"""
