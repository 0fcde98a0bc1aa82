"""Routes about the service itself, the law in force, and what everybody may read.

Imports `api.http` and `api.application`.
"""
