"""What goes on behind the requests: ordering, signing, copying and watching the log, and opening a ledger at the start.

Imports the stores and `privacy`, no other use case.
"""
