"""Two versions of the service, one of them another commit of this repository."""
