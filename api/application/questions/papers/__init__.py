"""Papers to be handed over: what each says, on which basis, signed by the log, as a PDF or as a document to edit.

Imports questions, projections and domain; knows no HTTP.
"""
