"""Bitemporal read models: rows `[valid_from, valid_to) x [known_from, known_to)`, written with the event."""
