"""What is answered, as typed structs: one shape for replay and rows, for pages, JSON and the OpenAPI document.

Members stand in the order in which the JSON has them. Imports the domain's values alone, never a projection.
"""
