"""Evidence as files: taken in, told apart, kept encrypted, read by whom the table of readers allows, cleared away.

Imports `questions`, `privacy` and the store; no HTTP.
"""
