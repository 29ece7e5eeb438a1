#!/usr/bin/env bash
# Files and functions short enough to be read at once, and an opening comment on every file.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

find_c_files
found=$(awk -v max_file=400 -v max_function=80 -v max_nesting=5 \
    -f tests/lint/strip.awk -f tests/lint/shape.awk "${files[@]}")
verdict "$found"
