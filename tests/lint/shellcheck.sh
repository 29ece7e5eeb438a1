#!/usr/bin/env bash
# The scripts, by shellcheck.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

need shellcheck
find_files dev tests docker examples .ci \( -name '*.sh' -o -name '*.bash' -o -path '.ci/run' \)
shellcheck --external-sources --severity=warning --format=gcc "${files[@]}"
