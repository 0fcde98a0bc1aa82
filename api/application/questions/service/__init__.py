"""Questions about the service itself: the law that it applies, proofs of its log, who looked, who may, public lists.

May import what `questions` may.
"""
