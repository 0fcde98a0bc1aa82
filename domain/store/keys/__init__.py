"""Keys of personal data: the vault, the keys that are wrapped in the master key, and the files that hold secrets.

Imports `db`.
"""
