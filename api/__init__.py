"""The edges, where the clock, new ids and permissions come in: command line, server, pages, routes, HTTP and use cases.

The order is `cli > server > app > web > routes > http > application`; each may import what stands after it, and all
of `domain`, `projections`.
"""
