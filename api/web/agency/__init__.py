"""Pages of one agency: overview, timeline, replay, sheet, trail and comparison, with their templates and styles.

Imports the frame and the forms.
"""
