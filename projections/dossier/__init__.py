"""The appeal dossier (art.20): its parts as pure functions over the answers of the questions, reproducible byte for byte.

No clock, no HTTP, no database: what goes in decides every byte that comes out.
"""
