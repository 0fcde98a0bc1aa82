"""Routes about people and tokens, what was changed of their access, and who looked at what.

Imports `api.http` and `api.application`.
"""
