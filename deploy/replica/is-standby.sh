#!/bin/sh
# Healthy: the server answers, replays what the primary sends, and is connected to it.
set -eu
receiving=$(psql --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres --tuples-only --no-align --command \
    "SELECT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')")
[ "$receiving" = t ]
