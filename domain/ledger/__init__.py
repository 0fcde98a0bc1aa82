"""The ledger: reading one snapshot, and one transaction in which commands decide and events are written.

The top of the domain: it imports commands, the Measures and the store, and only `projections` and `api` import it.
"""
