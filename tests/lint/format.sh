#!/usr/bin/env bash
# C files are formatted as .clang-format says; `make format` does it. Versions of clang-format differ in small ways, so
# one of them decides, and others check nothing.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

readonly reference=14 # Debian 12's

need clang-format
version=$(clang-format --version)
if [[ $version != *"version $reference."* ]]; then
    printf 'skipped: %s is not version %s, whose formatting counts\n' "$version" "$reference"
    exit
fi
find_c_files
status=0
output=$(clang-format --dry-run -Werror "${files[@]}" 2>&1) || status=$?
# The first place of each file will do.
awk -F: '$2 ~ /^[0-9]+$/ && !seen[$1]++ { print $1 ":" $2 ": not formatted: make format" }' <<<"$output"
exit "$status"
