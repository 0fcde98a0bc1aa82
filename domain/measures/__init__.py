"""The Measures as data and code: rulebook, holiday calendar, and a map from each paragraph to its code."""
