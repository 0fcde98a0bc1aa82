"""What every page shares: layout, rendering, sign-in cookie, words and error pages.

Imports no other room of pages; all of them import it.
"""
