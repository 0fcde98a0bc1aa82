"""Parts that do not belong together, and room that is not there: each said by name, on both databases."""
