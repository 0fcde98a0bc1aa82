"""The command line `steward`: one module per group of commands, put together in `main.py`."""
