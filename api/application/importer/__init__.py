"""Import of commands, one a line: the whole file is checked first, then recorded in pieces that can be resumed."""
