#!/usr/bin/env bash
# Every source compiles without a warning, by gcc and by clang. Syntax only: the builds say the rest.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

read_compiler_flags
make_generated
find_files src routes dev tests -name '*.c'
for compiler in gcc clang; do compile "$compiler" -Isrc -Iroutes -Itests/unit; done
exit "$failed"
