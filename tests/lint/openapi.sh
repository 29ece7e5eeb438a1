#!/usr/bin/env bash
# The route table, the errors and the settings against openapi.yaml, README.md and examples/dappd.yaml.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

need node
readonly json=${BUILD:-build}/openapi.json
make --no-print-directory -s "$json"
node tests/lint/openapi.js "$json"
