"""Keeps a table of PostgreSQL in step with the log: which event is there of which agency, and how many of each kind.

`python keep_table.py ADDRESS postgresql://…`, with the token in STEWARD_TOKEN. An entry and the place that was read are
committed together, so it may be killed at any moment and started again: nothing is missing and nothing counted twice.
Two at once do no harm: the second waits for the row of the place and then finds that the entry is there.
"""

from __future__ import annotations

import os
import sys

import psycopg
from steward_client import AuthenticatedClient, LogError, LogRestored, Place, follow
from steward_client.rest.models import LogItem

TABLES = """
create table if not exists steward_place (one boolean primary key default true check (one),
    log_index bigint not null, leaf_hash text not null);
insert into steward_place values (true, 0, '') on conflict do nothing;
create table if not exists steward_events (log_index bigint primary key, id text not null unique,
    agency text, type text not null, recorded_at timestamptz not null, state jsonb not null);
create table if not exists steward_counts (agency text not null, type text not null, events bigint not null,
    primary key (agency, type));
"""
ALREADY_THERE = 3
"""Exit code: another process keeps the same tables, and was faster."""


def keep(database: psycopg.Connection[tuple[int, str]], item: LogItem) -> bool:
    """One entry and the new place, together. False: another process has it already."""
    with database.transaction():
        held = database.execute("select log_index, leaf_hash from steward_place for update").fetchone()
        if held is None or held[0] != item.log_index - 1:
            return False
        database.execute(
            "insert into steward_events values (%s, %s, %s, %s, %s, %s)",
            (item.log_index, item.id, item.agency, item.type_, item.recorded_at, item.state),
        )
        database.execute(
            "insert into steward_counts values (%s, %s, 1) on conflict (agency, type) do update"
            " set events = steward_counts.events + 1",
            (item.agency or "", item.type_),
        )
        database.execute("update steward_place set log_index = %s, leaf_hash = %s", (item.log_index, item.leaf_hash))
    return True


def main(address: str, url: str) -> int:
    """Until it is stopped. Returns the exit code: 3 another keeps these tables, 4 the log was restored, 5 refused."""
    client = AuthenticatedClient(base_url=address, token=os.environ["STEWARD_TOKEN"])
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("select pg_advisory_lock(hashtext('steward_place'))")  # two that start at once
        database.execute(TABLES)
        database.execute("select pg_advisory_unlock(hashtext('steward_place'))")
        held = database.execute("select log_index, leaf_hash from steward_place").fetchone()
        place = Place(*held) if held else Place(0, "")
        try:
            for item in follow(client, place):
                if not keep(database, item):
                    return ALREADY_THERE
        except LogRestored as restored:
            print(
                f"keep_table: {restored}; the table stays as it is until you decide what becomes of it", file=sys.stderr
            )
            return 4
        except LogError as refused:
            print(f"keep_table: {refused}", file=sys.stderr)
            return 5
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
