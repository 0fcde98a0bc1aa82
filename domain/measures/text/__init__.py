"""The wording of the Measures: paragraphs, annexes, and the mark that ties code to a paragraph or reading.

Imports nothing but values; everybody may import it.
"""
