"""A timeline as a picture, drawn from an answer alone.

Imports `domain`, the answers and the kinds of facts; no rows and no replay.
"""
