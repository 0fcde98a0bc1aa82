"""Forms that record a fact: fields, lists to choose from, the preview of what it would change, the receipt.

Imports the frame, no other room of pages.
"""
