"""Workbooks in: read, checked, marked, recorded once, whatever program saved them."""
