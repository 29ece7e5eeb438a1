#!/usr/bin/env bash
# Who may include whom. Arrows only run downward: a header from a layer that is not listed here is an error, and so is
# a library's header outside the layers that wrap it.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

# LAYER: LAYERS IT MAY USE. Its own always; program is src/*.c and the headers right below include/.
readonly layers='
core:
eth: core
http: core
rpc: core eth
repos: core eth
indexer: core eth rpc repos
services: core eth rpc repos
middleware: core http
routes: core eth http services
program: core eth http rpc repos indexer services middleware routes'

# HEADER: LAYERS THAT MAY USE IT, of those right below include/.
readonly shared='
app.h: program routes middleware
config.h: program routes middleware
config.def: program'

# HEADER OR FOLDER/: LAYERS OR FILES THAT MAY USE IT, of libraries.
readonly libraries='
cyaml/: program
curl/: rpc program
mbedtls/: src/core/digest.c
secp256k1.h: src/eth/signature.c
secp256k1_recovery.h: src/eth/signature.c
jansson.h: eth http rpc services routes
libpq-fe.h: repos
microhttpd.h: http
sanitizer/: core
uv.h: core
valgrind/: core
zlib.h: middleware'

# Headers of libc and the kernel, for all.
readonly system='arpa/ assert.h ctype.h dirent.h endian.h errno.h malloc.h fcntl.h inttypes.h limits.h math.h netdb.h netinet/ poll.h pthread.h sched.h
signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h sys/ time.h
ucontext.h unistd.h'

find_files include src routes \( -name '*.[ch]' -o -name '*.S' \)
found=$(LAYERS=$layers SHARED=$shared LIBRARIES=$libraries SYSTEM=$system awk -f tests/lint/arrows.awk "${files[@]}")
verdict "$found"
