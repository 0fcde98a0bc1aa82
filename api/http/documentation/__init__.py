"""The OpenAPI document: parameters, schemas and examples, each example an answer of the demonstration.

Imports the declarations of commands and problems; it answers no question itself.
"""
