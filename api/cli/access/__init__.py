"""Commands for people, their tokens and passwords, and the master key.

Imports the frame of the command line (`options`, `output`, `running`) and what stands below `api.cli`.
"""
