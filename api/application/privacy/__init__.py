"""Who may do and read what, what is withheld from whom, and the log of who read.

Imports `domain` and `projections`; every other use case may import it.
"""
