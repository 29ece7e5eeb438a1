#!/usr/bin/env bash
# dev/yaml2json reads the core schema of YAML 1.2 and refuses what JSON cannot say. Each case is YAML as printf %b
# writes it, and the JSON or the sentence expected.
# shellcheck source=tests/lint/lib.bash
source "$(dirname "$0")/lib.bash"

readonly program=${BUILD:-build}/yaml2json
make --no-print-directory -s "$program"

expect() { # expect STATUS YAML OUTPUT
    local output status=0
    output=$(printf '%b' "$2" | "$program" 2>&1) || status=$?
    [[ $status == "$1" && $output == "$3" ]] && return
    printf '%s:%d: %q gives status %d and: %s\n' "$0" "${BASH_LINENO[1]}" "$2" "$status" "$output"
}
gives() { expect 0 "$1" "$2"; }
refuses() { expect 1 "$1" "yaml2json: $2"; }

check() {
    gives 'a: 1\nb: text' '{"a":1,"b":"text"}'
    gives 'z: 1\na: 2\nm: 3' '{"z":1,"a":2,"m":3}'
    gives '[0, -7, +3, 007, 0x1F, 0o17, 9223372036854775807]' '[0,-7,3,7,31,15,9223372036854775807]'
    gives '[1.5, 0.15, .5, 12., 1e3, -2.5E-2]' '[1.5,0.15,0.5,12.0,1000.0,-0.025]'
    gives '[null, Null, NULL, ~, ]' '[null,null,null,null]'
    gives 'a:\nb: ~' '{"a":null,"b":null}'
    gives '[true, True, TRUE, false, False, FALSE]' '[true,true,true,false,false,false]'
    gives '[yes, no, on, off, y, tRUE]' '["yes","no","on","off","y","tRUE"]'
    gives '["1", '"'true'"', "null", ""]' '["1","true","null",""]'
    gives '[3.1.0, 1_000, 0o8, 0x, -0x1, 1e, e3, ., +]' '["3.1.0","1_000","0o8","0x","-0x1","1e","e3",".","+"]'
    gives '200: x\n"404": y' '{"200":"x","404":"y"}'
    gives '- {}\n- []\n- - 1' '[{},[],[1]]'
    gives 'a: |\n  one\n  two\nb: >-\n  one\n  two\n' '{"a":"one\ntwo\n","b":"one two"}'
    gives 'a: "\\u00e9\\0"' '{"a":"é\u0000"}'
    gives 'a: 1 # why\n# end' '{"a":1}'
    refuses 'a: &x 1' 'line 1, column 4: anchors are not supported: x'
    refuses 'a: *x' 'line 1, column 4: aliases are not supported'
    refuses 'a: !!str 1' 'line 1, column 4: tags are not supported: tag:yaml.org,2002:str'
    refuses 'a: 1\nb: 2\na: 3' 'line 3, column 1: a key that was there before: a'
    refuses '? [a]\n: 1' 'line 1, column 3: a key that is no scalar'
    refuses '"a\\0": 1' 'line 1, column 1: a key with NUL in it'
    refuses 'a\n---\nb' 'line 2, column 1: a second document'
    refuses '' 'line 1, column 1: no document'
    refuses '- .nan' 'line 1, column 3: JSON has no such number: .nan'
    refuses '- 1e999' 'line 1, column 3: a number too large: 1e999'
    refuses '- 9223372036854775808' 'line 1, column 3: a number past 64 bits; put text in quotes: 9223372036854775808'
    refuses '[1' "line 2, column 1: no valid YAML: did not find expected ',' or ']'"
    refuses "$(printf '[%.0s' {1..65})" 'line 1, column 65: nested too deeply'
}

verdict "$(check)"
