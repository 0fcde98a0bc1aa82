"""Letters: papers that go to somebody or to a notice board, as PDF or as a document to be edited; what each says.

Pure functions over answers, as the sheet. Imports `paper` and below.
"""
