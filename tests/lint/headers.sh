#!/usr/bin/env bash
# Each header compiles by itself, so that no file has to know what another one includes.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

read_compiler_flags
make_generated
flags+=(-Isrc -Iroutes -Itests/unit -x c) # the folders are for the tests' headers
find_files include src routes tests -name '*.h'
compile gcc
# clang takes a header given by itself for a source file, whose static functions nobody calls.
compile clang -Wno-unused-function
exit "$failed"
