"""Commands: what somebody asks to be recorded. Each decides, or refuses with the article and the remedy.

One module per chapter or matter of the Measures. Imports the agency, the Measures and the trail; neither the ledger
nor the store.
"""
