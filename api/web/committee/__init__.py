"""Pages of the committee: a year published and closed, appeals decided, late facts settled.

Imports the frame and the forms.
"""
