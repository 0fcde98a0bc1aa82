"""Routes about a year of the whole district: results, appeals, late facts and worklists.

Imports `api.http`, `api.application` and what `routes.agency` shares with it.
"""
