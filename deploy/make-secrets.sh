#!/bin/sh
# Writes a random password for each of the four logins into secrets/, once: what is there stays, for the database knows it.
set -eu
cd -- "$(dirname -- "$0")/.."
mkdir -p secrets
chmod 700 secrets # the files are readable inside the containers, whose users are not ours; the folder is closed to all others here
for name in postgres_password owner_password app_password replicator_password; do
    if [ ! -s "secrets/$name" ]; then
        head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"secrets/$name.new"
        chmod 444 "secrets/$name.new"
        mv "secrets/$name.new" "secrets/$name"
    fi
done
