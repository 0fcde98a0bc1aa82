#!/bin/sh
# Run once by the database image, on an empty volume: two logins, neither of them a superuser, and the database.
# steward_owner owns and changes the tables; steward_app has only what the role steward_service has, which the migration
# grants table by table: events can be read and appended, never changed or deleted. Results of a year wait in temporary
# tables until they are put in place: the role may make those.
set -eu
secrets=${STEWARD_SECRETS:-/run/secrets}
owner=$(cat "$secrets/owner_password")
app=$(cat "$secrets/app_password")
export owner app
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner owner
\getenv app app
CREATE ROLE steward_owner LOGIN PASSWORD :'owner';
CREATE ROLE steward_app LOGIN PASSWORD :'app';
CREATE ROLE steward_service NOLOGIN;
GRANT steward_service TO steward_app;
CREATE DATABASE steward OWNER steward_owner;
REVOKE ALL ON DATABASE steward FROM PUBLIC;
GRANT CONNECT ON DATABASE steward TO steward_app;
GRANT TEMPORARY ON DATABASE steward TO steward_service;
\connect steward
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO steward_owner;
GRANT USAGE ON SCHEMA public TO steward_service;
SQL
