"""Commands that ask: an agency's standing, sheet and timeline, by replay or under another rulebook.

Imports the frame of the command line (`options`, `output`, `running`) and what stands below `api.cli`.
"""
