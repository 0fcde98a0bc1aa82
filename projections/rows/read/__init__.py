"""Answers from rows, one query each.

Imports what rows hold (`write`) and the words of `replay`.
"""
