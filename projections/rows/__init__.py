"""Bitemporal read models: rows `[valid_from, valid_to) x [known_from, known_to)`, written with the event.

Imports `replay`; besides the store, this is where SQL is.
"""
