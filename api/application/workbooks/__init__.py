"""Facts out of workbooks: which kinds there are, how a file is read, checked, marked and recorded, once only.

Imports the commands, the importer's checks and the tables that leave; knows no HTTP and no pages.
"""
