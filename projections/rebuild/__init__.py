"""Rows made again from the events, compared with the stored ones, and put in their place.

Imports `replay` and `rows`.
"""
