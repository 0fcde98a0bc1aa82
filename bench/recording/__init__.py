"""What recording costs: appending, importing, publishing, sealing and proving, rebuilding. Imports no `asking`."""
