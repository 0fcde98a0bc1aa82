"""What the ledger knows already, told by a form: what it decides on, what can be picked, which days are taken.

Imports the modules of the forms that read the trail and the frame; no page stands here.
"""
