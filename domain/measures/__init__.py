"""The Measures as data and code: one module per chapter and annex, in their order, and the rulebook of their numbers.

Imports events and the trail; knows no command, no ledger and no SQL.
"""
