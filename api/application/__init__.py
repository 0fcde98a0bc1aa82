"""Use cases without HTTP: what routes, pages, command line and import do under one authorisation.

Imports `domain` and `projections`, and no web framework.
"""
