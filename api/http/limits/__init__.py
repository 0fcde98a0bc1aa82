"""How much one caller may ask: sizes of bodies, requests a minute, how many wait at a time and in which order.

Imports nothing of the other rooms of `api.http` but how a body is read.
"""
