"""Two answers side by side: what differs and why, what would be if, and what a publication rests on.

Imports `replay` and `rows`.
"""
