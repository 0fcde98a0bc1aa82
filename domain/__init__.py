"""The Measures and the facts recorded under them: no HTTP here, and SQL only in `domain.store`.

Imports neither `projections` nor `api`.
"""
