"""Acts on a year's assessment: publication, appeals, late facts, closing. Each is one transaction.

Imports `privacy` and the use cases of recording beside it, never routes or pages.
"""
