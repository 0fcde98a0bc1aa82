"""Pages for everybody: results, blacklist, register, the Measures, and the survey form behind a link.

Imports the frame and the forms.
"""
