"""Around the decision: what stands beside a record, and what of it is public, without changing a number (R39-R43).

Imports the rulebook, the text and the trail; the chapters of the Measures may ask it, it asks none of them.
"""
