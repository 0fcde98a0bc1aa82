"""The steps, in their order.

Import nothing of this project but the types of columns: a step stays what it was.
"""
