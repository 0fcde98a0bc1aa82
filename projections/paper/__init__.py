"""The appeal dossier (art.20): its parts as pure functions over answers of the questions, the same byte for byte.

No clock, no HTTP, no database: what goes in decides every byte that comes out.
"""
