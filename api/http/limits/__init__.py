"""How much one caller may ask: sizes of bodies, requests a minute, how many wait at a time and in which order.

Imports of `api.http` only `request`.
"""
