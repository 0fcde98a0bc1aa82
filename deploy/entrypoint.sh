#!/bin/sh
# What the container runs.
#   entrypoint.sh migrate    wait for the database, bring its tables up to date as their owner, end
#   entrypoint.sh serve      the same first if STEWARD_OWNER_URL is set, then serve as the application's login
#   entrypoint.sh COMMAND    any other command of steward, as the application's login
# STEWARD_OWNER_URL, STEWARD_DATABASE_URL          SQLAlchemy URLs without a password
# STEWARD_OWNER_PASSWORD_FILE, STEWARD_DATABASE_PASSWORD_FILE    files with the passwords; they go to libpq by a password file
#                                                  in memory, never into an argument or a variable
set -eu

here=$(dirname -- "$0")
PGPASSFILE=${PGPASSFILE:-${TMPDIR:-/tmp}/steward-pgpass} # the image names it, so that other processes find it too
export PGPASSFILE

fail() {
    printf 'entrypoint: %s\n' "$1" >&2
    exit 1
}

# Lets libpq find the password in file $1 (none: the URL or the server needs none); ':' and '\' are escaped as it expects.
use_password() {
    rm -f "$PGPASSFILE"
    [ -n "$1" ] || return 0
    [ -s "$1" ] || fail "the password file $1 is missing or empty: see deploy/make-secrets.sh"
    (
        umask 077
        printf '*:*:*:*:%s\n' "$(head -n 1 "$1" | sed 's/[\\:]/\\&/g')" >"$PGPASSFILE"
    )
}

# `steward migrate` itself takes the migration lock: several containers may start at once.
migrate() {
    use_password "${STEWARD_OWNER_PASSWORD_FILE:-}"
    python "$here/wait_for_database.py" "$STEWARD_OWNER_URL"
    steward migrate --database "$STEWARD_OWNER_URL"
}

command=${1:-serve}
[ $# = 0 ] || shift
case "$command" in
    migrate)
        [ -n "${STEWARD_OWNER_URL:-}" ] || fail "STEWARD_OWNER_URL is not set: the login that owns the tables"
        migrate
        rm -f "$PGPASSFILE"
        ;;
    serve)
        [ -n "${STEWARD_DATABASE_URL:-}" ] || fail "STEWARD_DATABASE_URL is not set: the login that serves"
        if [ -n "${STEWARD_OWNER_URL:-}" ]; then migrate; fi
        unset STEWARD_OWNER_URL STEWARD_OWNER_PASSWORD_FILE
        use_password "${STEWARD_DATABASE_PASSWORD_FILE:-}"
        python "$here/wait_for_database.py" "$STEWARD_DATABASE_URL"
        exec steward serve --host 0.0.0.0 --port 8000 "$@"
        ;;
    *)
        use_password "${STEWARD_DATABASE_PASSWORD_FILE:-}"
        exec steward "$command" "$@"
        ;;
esac
