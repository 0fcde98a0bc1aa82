"""Proof that nothing in the log was changed: a Merkle tree over it, signed checkpoints, and how to check them.

`check.py` is what an auditor reads and runs: it needs Python and `cryptography`, nothing else of this project.
"""
