"""The wording of the Measures: paragraphs, annexes, and the mark that ties code to a paragraph or reading.

Imports nothing but values and errors; everybody may import it.
"""
