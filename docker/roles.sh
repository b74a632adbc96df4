#!/bin/bash
# Runs once, when the database is made: two roles beside the superuser. The owner has the schema
# and runs the migrations; the application owns nothing, so that row-level security binds it.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set owner_password="$FORFAIT_OWNER_PASSWORD" --set app_password="$FORFAIT_APP_PASSWORD" \
  --set database="$POSTGRES_DB" <<'SQL'
CREATE ROLE forfait_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE
  PASSWORD :'owner_password';
CREATE ROLE forfait_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE
  PASSWORD :'app_password';
ALTER DATABASE :"database" OWNER TO forfait_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO forfait_app;
GRANT USAGE ON SCHEMA public TO forfait_app;
CREATE EXTENSION IF NOT EXISTS btree_gist;
SQL
