"""Reaching people (R41): who is told of which fact, the reminders before a last day, and telling each of them once.

May import the store and the rows that are read; called by the housekeeper, asked for by questions, routes and pages.
"""
