"""Pages of people: sign-in, one's own account, the administration of access, and who looked at what.

Imports the frame and the forms.
"""
