"""Who reads which text of a fact, and what a rated agency is told of survey forms (R39).

Imports events and the marks of the Measures; knows neither callers nor HTTP.
"""
