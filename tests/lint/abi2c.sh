#!/usr/bin/env bash
# dev/abi2c makes C of ABIs that both compilers take without a warning, says which line of a file is wrong, and a file
# that comes into abi/ is in the table after the next make.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

build=$PWD/${BUILD:-build}
readonly program=$build/abi2c
make_generated
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

refuses() { # refuses NAME CONTENT OUTPUT
    local output status=0
    printf '%b' "$2" >"$folder/$1"
    output=$(cd "$folder" && "$program" "$1" 2>&1) || status=$?
    [[ $status == 1 && $output == "abi2c: $3" ]] && return
    printf '%s:%d: %s gives status %d and: %s\n' "$0" "${BASH_LINENO[0]}" "$1" "$status" "$output"
}

check_refusals() {
    refuses a.abi '// c\n\nfunction f()\nfunction g(uint7 a)\n' 'a.abi:4: abi[1] (g): "uint7" is no type: uint8 to uint256, '`
        `'int8 to int256, bytes1 to bytes32, address, bool, bytes, string, function and tuples are'
    refuses b.abi 'struct A { bool a; }\nstruct B { B b; }\n' 'b.abi:2: abi[1] (B): the struct contains itself'
    refuses c.abi 'function f() // c\n' 'c.abi:1: abi[0] (f): "// c" is not expected here'
    refuses d.json '{"abi":{}}' 'd.json: an ABI must be an array of items'
    refuses e.json '[\n{"type":"event","name":"E","inputs":[{"type":"x"}]}]' 'e.json: abi[0] (E): "x" is no type: uint8 to '`
        `'uint256, int8 to int256, bytes1 to bytes32, address, bool, bytes, string, function and tuples are'
    refuses f.json '[\n' "f.json:2: ']' expected near end of file"
    refuses g.abi '\xff\n' 'g.abi:1: no UTF-8'
    refuses Big.abi '' 'Big.abi: the name must be lower-case letters, digits and _, as it begins the names that are made'
    refuses 1.abi '' '1.abi: the name must be lower-case letters, digits and _, as it begins the names that are made'
    refuses a.txt '' 'a.txt: the name must end in .abi or .json'
}

# What lies there is older than what comes, by more than a clock's tick; what was made is younger than its sources.
age() {
    find . -exec touch -d '2 minutes ago' {} +
    find build -exec touch -d '1 minute ago' {} +
}

# A tree with no more than what makes headers, into which a user puts an artefact of a compiler.
check_dropped_file() {
    local tree=$folder/tree table=build/abi/items.def
    mkdir -p "$tree/src" "$tree/tests/vectors"
    cp -r Makefile abi dev include "$tree"
    cp -r src/eth src/core "$tree/src"
    (
        cd "$tree"
        make -s -j2 generated
        age
        grep -q '"mine()"' $table && echo "$table has what nobody put there"
        echo '{"contractName":"Mine","abi":[{"type":"function","name":"mine","inputs":[],"outputs":[]}]}' >abi/mine.json
        make -s generated
        grep -q '"mine()"' $table || echo "$table does not have what was put into abi/"
        grep -q 'mine_mine_encode' build/abi/mine.h || echo "build/abi/mine.h has no encoder"
        echo 'function yours()' >abi/mine.abi
        make -s generated >output 2>&1 && echo 'two files of one name are taken'
        grep -q 'another file has this name' output || cat output
        rm abi/mine.abi
        make -s generated
        age
        rm abi/mine.json
        make -s generated
        grep -q '"mine()"' $table && echo "$table still has what was taken away"
    ) || true
}

found=$(
    check_refusals
    check_dropped_file
)
[[ ! $found ]] || printf '%s\n' "$found"
read_compiler_flags
find_files "$build/abi" "$build/tests/vectors" -name '*.h'
flags+=(-x c)
compile gcc
compile clang -Wno-unused-function -Wno-unused-const-variable
[[ ! $found ]] && exit "$failed"
exit 1
