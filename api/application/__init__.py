"""Use cases without HTTP: what routes, pages, command line and import do under one authorisation.

Its order: `questions, assessing, importer > background > privacy > parsing`. Imports `domain` and `projections`, and
no web framework.
"""
