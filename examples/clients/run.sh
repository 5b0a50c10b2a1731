#!/bin/sh
# Installs three public client libraries into a temporary folder and lets each send to a running server.
#
#   run.sh HOST WRITE_KEY          for example: run.sh http://127.0.0.1:8080 ing_…
#
# One JSON line per client on standard output: {"client", "version", "sent", "failures"}. Exit code 0 when all sent all.
# ENTENTE_CLIENTS_DIR names a folder to keep the libraries in, so that a second run installs nothing.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: run.sh HOST WRITE_KEY" >&2
  exit 2
fi
host=$1
key=$2
here=$(cd "$(dirname "$0")" && pwd)

if [ -n "${ENTENTE_CLIENTS_DIR:-}" ]; then
  libraries=$ENTENTE_CLIENTS_DIR
  mkdir -p "$libraries"
else
  libraries=$(mktemp -d)
  trap 'rm -rf "$libraries"' EXIT
fi

cp -R "$here/python" "$here/node" "$libraries/"
pinned=$(cat "$here/python/requirements.txt" "$here/node/package.json")
if [ "$(cat "$libraries/installed" 2>/dev/null)" != "$pinned" ]; then
  rm -rf "$libraries/site" "$libraries/node/node_modules"
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$libraries/site" \
    --requirement "$here/python/requirements.txt" >&2
  npm install --prefix "$libraries/node" --ignore-scripts --no-audit --no-fund --silent >&2
  printf '%s\n' "$pinned" >"$libraries/installed"
fi

status=0
PYTHONPATH="$libraries/site" python3 "$libraries/python/send.py" "$host" "$key" || status=1
node "$libraries/node/send.mjs" segment "$host" "$key" || status=1
node "$libraries/node/send.mjs" rudderstack "$host" "$key" || status=1
exit $status
