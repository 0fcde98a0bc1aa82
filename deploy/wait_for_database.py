"""Waits until the database answers: `wait_for_database.py URL`; the wait is STEWARD_WAIT_SECONDS (60) at most.

Ends with 0 when it answers, 1 with the server's last words when the time is over.
"""

from __future__ import annotations

import os
import sys
import time

import psycopg2

from domain.store.db.engine import database_url
from domain.store.db.postgresql import libpq_arguments

PAUSE_SECONDS = 0.5


def main(url_text: str, wait_seconds: float) -> int:
    """Try to log in until it works or the time is over. An SQLite file needs no waiting."""
    url = database_url(url_text)
    if url.get_backend_name() != "postgresql":
        return 0
    # Several hosts and libpq's parameters are the service's own; only the wait for one connection is ours.
    arguments = libpq_arguments(url) | {"connect_timeout": 5}
    until = time.monotonic() + wait_seconds
    while True:
        try:
            psycopg2.connect(**arguments).close()
        except psycopg2.OperationalError as error:
            if time.monotonic() >= until:
                sys.stderr.write(f"the database did not answer within {wait_seconds:g} seconds: {error}\n")
                return 1
            time.sleep(PAUSE_SECONDS)
        else:
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(os.environ.get("STEWARD_WAIT_SECONDS", "60"))))
