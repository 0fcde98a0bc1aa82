"""What a fact about a client of the agency changes: of what counts in a year, and of what is wanted of the client.

Imports what every part of the rows is given, and how a client's year is counted; the parts call it.
"""
