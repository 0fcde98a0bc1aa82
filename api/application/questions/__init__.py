"""Questions without HTTP: one function for each, which routes and pages call under the same rights.

A question is given an `Inquiry` (who asks, of which service) and typed parameters, and gives an `Answer`. May import
the rest of `application`, `projections` and `domain`; knows no request, no response and no status code.
"""
