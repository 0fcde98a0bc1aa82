"""What asking costs: over HTTP, at any basis, of a district and its pages. May import the rest of bench."""
