"""Lists as files for a spreadsheet: which tables there are, how cells are written, what a file says of itself.

Imports the questions; knows no HTTP and no pages. Pages, routes and the command line hand out what is written here.
"""
