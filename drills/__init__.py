"""Drills: what goes wrong in operation, done for real to processes and databases of their own on loopback.

Each module but `run`, and each folder with a module `drill`, is one drill: its `main()` does it from beginning to end,
prints what it found step by step, and
raises `Failed` where something is not as it must be. `python -m drills.run` does all of them, or those that are named.
"""
