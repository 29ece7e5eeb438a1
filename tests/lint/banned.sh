#!/usr/bin/env bash
# Functions that overrun buffers, hide errors, or block the thread that calls them.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

# Nowhere: no bound on what they write, or no way to tell that they failed. VLAs are the compiler's -Wvla.
readonly unsafe='strcpy strcat sprintf vsprintf strtok gets atoi atol atoll atof alloca'

# Not in what runs on a reactor: they wait, and everybody else with them.
readonly blocking='sleep usleep getaddrinfo gethostbyname system popen wait waitpid'

calls_of() { # calls_of WHY NAMES FILE...
    local why=$1 names=$2
    shift 2
    awk -v why="$why" -v names="$names" -f tests/lint/strip.awk -f tests/lint/banned.awk "$@"
}

found=$(
    find_c_files
    calls_of 'is banned' "$unsafe" "${files[@]}"
    find_files src/*/ routes -name '*.[ch]'
    calls_of 'blocks the reactor' "$blocking" "${files[@]}"
)
verdict "$found"
