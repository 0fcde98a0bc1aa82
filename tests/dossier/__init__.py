"""The parts of the appeal dossier (art.20)."""
