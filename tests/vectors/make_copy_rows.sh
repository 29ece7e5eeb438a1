#!/usr/bin/env bash
# Writes the vectors whose oracle is PostgreSQL's COPY ... TO (FORMAT binary): make_copy_rows.sh > copy_rows.tsv, with a
# server that psql finds by its environment.
set -euo pipefail

printf '# Rows of bigint, integer, smallint, numeric, bytea and an empty bytea as PostgreSQL copies them out\n'
printf '# Made by make_copy_rows.sh.\n# bigint\tinteger\tsmallint\tnumeric\tbytea\tstream\n'
while read -r long int short number bytes; do
    stream=$(psql -X -c "COPY (SELECT $long::bigint, $int::integer, $short::smallint, $number::numeric,
        decode('$bytes', 'hex'), ''::bytea) TO STDOUT (FORMAT binary)" | od -An -v -tx1 | tr -d ' \n')
    printf '%s\t%s\t%s\t%s\t0x%s\t0x%s\n' "$long" "$int" "$short" "$number" "$bytes" "$stream"
done <<'ROWS'
0 0 0 0 0000000000000000000000000000000000000000
1 2 3 4 00112233445566778899aabbccddeeff00112233
9223372036854775807 2147483647 32767 115792089237316195423570985008687907853269984665640564039457584007913129639935 ffffffffffffffffffffffffffffffffffffffff
18000000 65535 2 10000 ee00000000000000000000000000000000000005
255 256 1 9999 0100000000000000000000000000000000000000
65536 1 0 1000000000000000000 00000000000000000000000000000000000000ff
4886718345 70000 1 340282366920938463463374607431768211456 0a0d00000a0d00000a0d00000a0d00000a0d0000
ROWS
