"""Many facts at once: a batch of commands, previewed, recorded all or nothing, and shown again.

It stands on the use case of one command (`record.py`) and on questions; it knows no HTTP.
"""
