"""Routes about agencies: commands, standing, sheets, timeline, trail, comparison, hints, certificates, lists.

Imports `api.http` and `api.application`.
"""
