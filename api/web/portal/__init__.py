"""Pages for everybody: results, blacklist, register, the Measures, and the survey form behind a link.

Imports the frame, the forms and the worked example.
"""
