"""Files in requests: one by itself, or within a form, taken as they arrive.

Imports use cases of evidence and what is read off a request, no page.
"""
