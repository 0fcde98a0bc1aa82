"""What somebody sent, read strictly before it becomes a command: JSON, instants, names for facts to come, errors.

Imports the domain and the kinds of problems, no other use case.
"""
