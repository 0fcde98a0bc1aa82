"""Which rows follow from an event, what each holds, and how they are closed and succeeded.

Imports the Measures and the basis of `replay`, nothing of `read`.
"""
