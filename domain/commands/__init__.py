"""Commands: what somebody asks to be recorded. Each decides, or refuses with the article and the remedy.

One module per chapter of the Measures: `filing`, `business`, `sanctions`, `assessment`.
"""
