"""Routes about the log as a whole: its feed, and the proofs that it was not changed.

Imports `api.http` and `api.application`.
"""
