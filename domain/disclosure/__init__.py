"""Who reads which text of a fact, and what a rated agency is told of survey forms (R39).

Imports events and the trail; knows neither callers nor HTTP.
"""
