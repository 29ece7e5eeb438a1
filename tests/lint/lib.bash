# What the checks share; sourced by each. A check prints what is wrong, as file:line: sentence, and exits 1.
# Runs in the top folder of the checkout, whatever the caller's.
# shellcheck shell=bash disable=SC2034,SC2154 # what one sets, another uses
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

abort() {
    printf '%s: %s\n' "$0" "$*" >&2
    exit 2
}

need() { command -v "$1" >/dev/null || abort "$1 is missing; dev/install.sh test installs it"; }

# find_files ARGUMENT_OF_FIND...: sets files. None at all is an error: nothing would be checked.
find_files() {
    local found
    found=$(find "$@" -type f -print | sort)
    [[ $found ]] || abort "nothing to check: find $*"
    mapfile -t files <<<"$found"
}

# The project's C files.
find_c_files() { find_files include src routes dev tests -name '*.[ch]'; }

# verdict FOUND: ends a check with what it has to say, empty when all is well.
verdict() {
    [[ ! $1 ]] && exit
    printf '%s\n' "$1"
    exit 1
}

# Sets flags to what every file is compiled with, from the Makefile.
read_compiler_flags() {
    local rule text
    # shellcheck disable=SC2016 # make expands it
    rule='lint-flags: ; @:$(info $(CPPFLAGS) $(CFLAGS))'
    text=$(printf 'include Makefile\n%s\n' "$rule" | make --no-print-directory -s -f - lint-flags)
    eval "flags=($text)"
    [[ " ${flags[*]} " == *' -Iinclude '* ]] || abort "the Makefile's flags look wrong: $text"
}

# Headers that are made of other files, which compilers look for.
make_generated() { make --no-print-directory -s generated; }

# compile COMPILER ARGUMENT...: checks files with one compiler, as many processes as cores, each taking a dozen files:
# a translation unit each. Sets failed.
failed=0
compile() {
    local compiler=$1 output
    shift
    need "$compiler"
    output=$(printf '%s\0' "${files[@]}" |
        xargs -0 -n 12 -P "$(nproc)" "$compiler" "${flags[@]}" -Werror -fsyntax-only "$@" 2>&1) && return
    printf '%s\n' "$output"
    failed=1
}
