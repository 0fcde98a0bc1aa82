"""What everybody may read: published results, the blacklist, the register, and their feeds.

Imports `replay` and `rows`.
"""
