"""The Merkle tree over the stored log, its checkpoints and their copies, and the audit of the whole database.

The top of the store: it imports every other room.
"""
