"""Certificates: a signed answer that anybody can check against the log, and what a later version makes of it.

Imports `replay`.
"""
