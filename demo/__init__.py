"""The demonstration district: invented agencies, people and facts, made by the same commands with an injected clock.

Imports what the command line imports of `api.application`, `projections` and `domain`; only the command line imports
it.
"""
