#!/usr/bin/env bash
# PostgreSQL prepares every statement of every repo on a freshly migrated database, each with the parameters that its
# table says and a name of its own.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

readonly out=${BUILD:-build}/asan
make --no-print-directory -s -j2 VARIANT=asan "$out/dappd" "$out/tests/lint/statements"

folder=$(mktemp -d /tmp/dappd-lint.XXXXXX)
trap 'kill "$server" 2>/dev/null; wait "$server"; rm -rf "$folder"' EXIT
mkfifo "$folder/url"
dev/postgres.sh run "$folder" >"$folder/url" &
server=$!
read -r url <"$folder/url" || abort "PostgreSQL does not start"

# No node is asked; the configuration wants one.
migrated=$(DATABASE_URL=$url DAPPD_RPC_URLS=http://127.0.0.1:1 "$out/dappd" migrate 2>&1) || verdict "$migrated"
"$out/tests/lint/statements" "$url"
