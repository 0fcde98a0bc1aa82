"""Pages of the whole district: the board, lists of agencies, the ranking, the worklists, and receipts with what waits.

Imports the frame and the forms.
"""
