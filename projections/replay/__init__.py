"""Answers by replay, the obvious way: cut the trail at a basis, and ask the Measures.

Imports `domain` and the answers; no rows and no SQL.
"""
