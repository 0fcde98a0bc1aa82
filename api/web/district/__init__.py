"""Pages of the whole district: the board, lists of agencies, the ranking and the worklists.

Imports the frame.
"""
