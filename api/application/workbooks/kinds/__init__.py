"""The kinds of workbooks: the columns of each, its command, and how its facts are written in these columns again."""
