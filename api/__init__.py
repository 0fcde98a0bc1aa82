"""The edges: HTTP, command line, import. Clock, new ids and permissions come in here."""
