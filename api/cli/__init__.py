"""The command line `steward`: one module per group of commands, put together in `main.py`.

The outermost layer: it may import everything, and nothing imports it.
"""
