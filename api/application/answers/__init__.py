"""What the service answers that follows from no projection: receipts, pages, the log and its proofs, access, the law.

Structs only, their members in the order in which they are sent. May import the domain and `projections/answers`.
"""
