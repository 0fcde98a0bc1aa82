"""Questions about an assessment year: its results, appeals, late facts, and what a decision would change.

May import what `questions` may, and `questions.agency`.
"""
