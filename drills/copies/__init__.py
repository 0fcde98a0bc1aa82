"""Drills of copies: what is lost is put back from a base backup, and what cannot be put back is named."""
