#!/bin/sh
# Run once by the database image, after the logins: one more, which a streaming replica copies the database with
# (docker-compose.replica.yml). Without its password there is no replica, and nothing is done.
set -eu
secrets=${STEWARD_SECRETS:-/run/secrets}
[ -s "$secrets/replicator_password" ] || exit 0
replicator=$(cat "$secrets/replicator_password")
export replicator
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv replicator replicator
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replicator';
SQL
echo 'host replication replicator samenet scram-sha-256' >>"$PGDATA/pg_hba.conf"
psql --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres --command 'SELECT pg_reload_conf()' >/dev/null
