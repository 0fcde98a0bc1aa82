"""Workbooks on their way: uploaded, checked, confirmed, recorded; taken up where they stood after a restart.

Imports `workbooks`, `evidence` for the file itself and the store; knows no HTTP and no pages.
"""
