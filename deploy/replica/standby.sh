#!/bin/sh
# A streaming replica of the primary at PGPRIMARY (host:port): copied from it the first time, then PostgreSQL itself. What is given is
# given on to the server. An empty folder only is filled: what a replica has is never thrown away by a start.
set -eu
host=${PGPRIMARY%:*} port=${PGPRIMARY##*:}
password=$(sed 's/[\\:]/\\&/g' "${STEWARD_SECRETS:-/run/secrets}/replicator_password") # a colon would end it there
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    passwords=$(mktemp)
    trap 'rm -f "$passwords"' EXIT
    printf '*:*:*:replicator:%s\n' "$password" >"$passwords"
    PGPASSFILE=$passwords pg_basebackup --dbname "host=$host port=$port user=replicator" --no-password \
        --pgdata "$PGDATA" --wal-method stream --checkpoint fast --write-recovery-conf
    chmod 700 "$PGDATA"
fi
# The password stays in a file of the server's own; the copy has written where it would lie.
cat >"$PGDATA/standby.pgpass" <<PASSWORDS
*:*:*:replicator:$password
PASSWORDS
chmod 600 "$PGDATA/standby.pgpass"
exec postgres -D "$PGDATA" \
    -c "primary_conninfo=host=$host port=$port user=replicator passfile=$PGDATA/standby.pgpass" "$@"
