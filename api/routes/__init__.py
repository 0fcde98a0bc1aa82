"""The interface `/v1`: one module per thing a caller knows, each function one path of api.md.

Imports `api.http` and `api.application`, never a page.
"""
