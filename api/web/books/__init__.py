"""Workbooks in: templates to fill in, a file checked whole, its wrong cells marked, what is right recorded.

Imports the forms and the frame; nobody imports it but the application.
"""
