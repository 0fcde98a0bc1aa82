"""Import of commands, one a line: the whole file is checked first, then recorded in pieces that can be resumed.

Imports the table of commands beside it, and is the one room of `api` that knows SQL, for its spool.
"""
