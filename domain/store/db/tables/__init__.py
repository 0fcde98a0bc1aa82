"""Tables that stand apart from those of the log and of what follows from it (`schema.py`, which brings them in).

May import the types of columns alone.
"""
