"""Answers, rebuilt from events: pure functions of (events, as_of, known_at, rulebook), and the rows that answer fast.

Imports `domain`, never `api`.
"""
