"""Persons, passwords, tokens, what was changed of them, and the log of who read what.

Imports `keys` and `db`.
"""
