#!/bin/sh
# Lays out the file tree of a container that holds one program and nothing else: the program, the shared libraries that
# it loads, CA certificates, and the few files that libc reads. usage: docker/rootfs.sh BINARY OUTDIR
# OUTDIR must be empty or absent. Prints the size of what it made.
set -eu
export LC_ALL=C

fail() {
    printf 'rootfs: %s\n' "$*" >&2
    exit 1
}

[ $# = 2 ] || fail "usage: docker/rootfs.sh BINARY OUTDIR"
binary=$1
out=$2
certificates=/etc/ssl/certs/ca-certificates.crt
id=65532 # no account of any distribution

[ -x "$binary" ] || fail "$binary is no executable"
[ -s "$certificates" ] || fail "$certificates is missing: install ca-certificates"
[ -z "$(ls -A "$out" 2>/dev/null)" ] || fail "$out is not empty"

# One path a line, the dynamic loader among them. A static program has none.
libraries() {
    if ! listing=$(ldd "$1" 2>&1); then
        case $listing in *"not a dynamic executable"*) return 0 ;; *) fail "$listing" ;; esac
    fi
    case $listing in *"not found"*) fail "$listing" ;; esac
    printf '%s\n' "$listing" | awk '$2 == "=>" { print $3; next } $1 ~ /^\// { print $1 }'
}

# install_file MODE FILE TARGET: a copy without symbols, as the content of whatever FILE links to.
install_file() {
    install -D --mode="$1" "$2" "$out$3"
    strip --strip-unneeded "$out$3" 2>/dev/null || fail "cannot strip $2"
}

text_file() { install -D --mode=644 /dev/stdin "$out$1"; }

needed=$(libraries "$binary")
install_file 755 "$binary" "/$(basename "$binary")"
for library in $needed; do install_file 755 "$library" "$library"; done
install -D --mode=644 "$certificates" "$out$certificates"
install -d --mode=1777 "$out/tmp"
printf 'root:x:0:0:root:/:/nonexistent\ndappd:x:%s:%s:dappd:/:/nonexistent\n' $id $id | text_file /etc/passwd
printf 'root:x:0:\ndappd:x:%s:\n' $id | text_file /etc/group
printf 'hosts: files dns\n' | text_file /etc/nsswitch.conf # names resolve without any module besides libc

printf 'rootfs: %s libraries, %s in all\n' "$(printf '%s\n' "$needed" | grep -c /)" "$(du -sh --apparent-size "$out" | cut -f1)"
