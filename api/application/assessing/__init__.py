"""Acts on a year's assessment: publication, appeals, late facts, closing. Each is one transaction."""
