"""The rulebook: every number and choice of the Measures with its article and dates, as one TOML file, read and checked.

Imports values and errors; the chapters import it.
"""
