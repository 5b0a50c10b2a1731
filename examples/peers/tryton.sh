#!/usr/bin/env bash
# Installs Tryton from PyPI into a folder, makes its database and serves it until it is stopped.
# tryton.sh FOLDER POSTGRES_URL PORT, where POSTGRES_URL has no database: postgresql://user@host:5432/
set -euo pipefail
folder=$1 postgres=$2 port=$3
mkdir -p "$folder" && cd "$folder"

if [ ! -x venv/bin/gunicorn ]; then
  python3 -m venv venv
  venv/bin/pip install --quiet 'trytond==8.2.*' 'trytond_party==8.2.*' 'trytond_marketing_automation==8.2.*' 'psycopg[binary,pool]' gunicorn
fi

printf '[database]\nuri = %s\n[session]\ntimeout = 86400\n' "$postgres" >trytond.conf
echo 'quatre lampes bleues' >password
if ! psql --quiet "${postgres}tryton" -c '' 2>/dev/null; then
  psql --quiet "${postgres}postgres" -c 'CREATE DATABASE tryton'
  TRYTONPASSFILE=password venv/bin/trytond-admin -c trytond.conf -d tryton \
    -u party marketing_automation --activate-dependencies --email ana@example.com
fi

# A worker for each core, as its manual advises, each with four requests at once.
TRYTOND_CONFIG=$PWD/trytond.conf TRYTOND_DATABASE_NAMES=tryton exec venv/bin/gunicorn \
  --workers "$(nproc)" --worker-class gthread --threads 4 --bind "127.0.0.1:$port" trytond.application:app
