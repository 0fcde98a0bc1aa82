"""What every answer over HTTP shares: guard, parameters, pages of lists, problems, limits, metrics and feeds.

Imports `api.application`, never a route or a page.
"""
