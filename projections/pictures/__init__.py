"""A timeline as a picture, drawn from an answer alone.

Imports `domain`, no other room of answers.
"""
