"""The trail of one agency: which event names which, what annulment takes with it, and which facts count on a day.

Imports events, values and what makes two facts equal; holds no rule of the Measures.
"""
