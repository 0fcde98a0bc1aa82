"""Questions about one agency, and the lists of the district that show the same of many agencies.

May import what `questions` may.
"""
