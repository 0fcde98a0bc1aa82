"""Papers to print: the sheet of annex 1 and the parts of an appeal's dossier, the same byte for byte.

Pure functions over answers: no clock, no HTTP, no database. Imports `pictures` and `domain`.
"""
