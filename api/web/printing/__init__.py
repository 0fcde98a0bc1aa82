"""Lists printed whole: all rows of a list in one document, with its title block and the lines for signatures.

Imports the frame; the rooms whose pages are lists import it.
"""
