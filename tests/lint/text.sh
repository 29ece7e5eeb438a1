#!/usr/bin/env bash
# What holds for every file that people wrote: nothing left to do, nothing about one machine, clean ends of lines.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

# Every file but what tools made, and inputs whose bytes are the point.
find_texts() {
    find_files . \( -path ./.git -o -path ./build -o -path ./node_modules -o -path ./.dappd -o -path ./tests/vectors \
        -o -path ./tests/fuzz/corpus \) -prune -o -not -name package-lock.json
}

# lines_with WHY PATTERN: file:line of each match of an extended regular expression.
lines_with() {
    local status=0
    grep -nIE -- "$2" /dev/null "${files[@]}" >"$matches" || status=$?
    ((status < 2)) || abort "grep failed on $2"
    awk -v why="$1" '{ match($0, /:[0-9]+:/); print substr($0, 3, RSTART + RLENGTH - 3) " " why }' "$matches"
}

check_lines() {
    lines_with 'something is left to do' '(^|[^A-Za-z])(TO''DO|FIX''ME|X''XX|HA''CK)([^A-Za-z]|$)'
    lines_with 'a path of one machine' '(^|[^A-Za-z0-9._~-])/(home|root|Users)/[A-Za-z0-9._-]'
    lines_with 'white space at the end of the line' '[[:blank:]]$'
    lines_with 'a carriage return' $'\r'
    lines_with 'a method that Node 18, which Debian 12 has, does not know' '\.to(Sorted|Reversed|Spliced)\('
    lines_with 'a merge that was not finished' '^(<<<<<<<|>>>>>>>) '
}

# A path as short as /src would be found in honest text.
check_checkout_path() {
    [[ $PWD != /*/* ]] || lines_with 'the path of this checkout' "$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$PWD")"
}

check_last_lines() {
    local file
    for file in "${files[@]}"; do
        [[ ! -s $file || ! $(tail -c 1 "$file") ]] || printf '%s: the last line does not end\n' "${file#./}"
    done
}

check_scripts() {
    local file first
    for file in "${files[@]}"; do
        IFS= read -r first <"$file" || true
        [[ $file == *.sh || $file == *.bash || $first == '#!'*bash* ]] || continue
        bash -n "$file" 2>&1 || true
    done
}

check_lock_file() {
    awk '/"resolved"|\.tgz/ { printf "%s:%d: the lock file records a download address\n", FILENAME, FNR }' package-lock.json
}

matches=$(mktemp)
trap 'rm -f "$matches"' EXIT
found=$(
    find_texts
    check_lines
    check_checkout_path
    check_last_lines
    check_scripts
    check_lock_file
)
verdict "$found"
