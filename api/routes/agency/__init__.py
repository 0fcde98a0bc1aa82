"""Routes about one agency: commands, standing, sheets, timeline, trail, comparison, hints and certificates.

Imports `api.http` and `api.application`.
"""
