"""Commands for who runs the service: serve, copy, audit, prove, rebuild, measure, and the demonstration.

Imports the frame of the command line (`options`, `output`, `running`) and what stands below `api.cli`.
"""
