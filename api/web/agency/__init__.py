"""Pages of one agency: overview, timeline, replay, sheet, trail and comparison, with their templates and styles.

Imports the frame, the forms and what `people` lists.
"""
