# Checks every #include against the tables of arrows.sh, which come in the environment.

BEGIN {
    read_table(ENVIRON["LAYERS"], may_use)
    read_table(ENVIRON["SHARED"], shared_with)
    read_table(ENVIRON["LIBRARIES"], library_of)
    n = split(ENVIRON["SYSTEM"], names)
    for (i = 1; i <= n; i++) system_header[names[i]] = 1
}

FNR == 1 {
    layer = layer_of(FILENAME)
    if (FILENAME ~ /^include\/.*\/.*\.h$/) shared_header[FILENAME] = 1
    if (!(layer in may_use)) complain("there is no layer " layer " in tests/lint/arrows.sh")
}

/^[ \t]*#[ \t]*include[ \t]*</ { check_library(between("<", ">")) }
/^[ \t]*#[ \t]*include[ \t]*"/ { check_own(between("\"", "\"")) }

END {
    for (header in shared_header)
        if (!(header in crosses)) print header ":1: no other folder uses this; its place is beside its source"
}

# Lines such as "routes: core eth".
function read_table(text, table,    lines, n, i, colon) {
    n = split(text, lines, "\n")
    for (i = 1; i <= n; i++) {
        colon = index(lines[i], ":")
        if (colon > 0) table[substr(lines[i], 1, colon - 1)] = substr(lines[i], colon + 1) " "
    }
}

# src/http/x.c and include/http/x.h are http, routes/x.c is routes, src/x.c and include/x.h are the program.
function layer_of(path,    parts, n) {
    n = split(path, parts, "/")
    if (parts[1] == "routes") return "routes"
    return n == 2 ? "program" : parts[2]
}

function between(open, close_,    text) {
    text = substr($0, index($0, open) + 1)
    return substr(text, 1, index(text, close_) - 1)
}

function folder_of(path) {
    return index(path, "/") > 0 ? substr(path, 1, match(path, /[^\/]*$/) - 1) : ""
}

function exists(path,    line, result) {
    result = (getline line < path) >= 0
    close(path)
    return result
}

function is_listed(list, name) { return index(list, " " name " ") > 0 }

function check_library(header,    key) {
    key = index(header, "/") > 0 ? substr(header, 1, index(header, "/")) : header
    if (key in system_header) return
    if (!(key in library_of)) complain("<" header "> is in no table of tests/lint/arrows.sh")
    else if (!is_listed(library_of[key], layer) && !is_listed(library_of[key], FILENAME))
        complain(FILENAME " may not use <" header ">")
}

# abi/x.h is made of abi/x.abi or abi/x.json, and abi/items.def of all of them; they are eth's.
function check_made(header,    source) {
    crosses["include/eth/abi_word.h"] = 1 # they begin with it
    source = header
    sub(/\.h$/, "", source)
    if (header != "abi/items.def" && !exists(source ".abi") && !exists(source ".json"))
        complain("\"" header "\" is made of nothing in abi/")
    else if (layer != "eth" && !is_listed(may_use[layer], "eth")) complain(layer " may not use " header)
}

function check_own(header,    target) {
    if (header ~ /^abi\//) {
        check_made(header)
        return
    }
    if (header ~ /\.\.\//) complain("\"" header "\" climbs out of its folder")
    if (FILENAME !~ /^include\// && exists(folder_of(FILENAME) header)) return
    if (!exists("include/" header)) {
        complain("\"" header "\" is neither beside this file nor below include/")
        return
    }
    target = layer_of("include/" header)
    if (target != layer || FILENAME ~ /^include\//) crosses["include/" header] = 1
    if (target == "program") {
        if (!(header in shared_with) || !is_listed(shared_with[header], layer)) complain(layer " may not use " header)
    } else if (target != layer && !is_listed(may_use[layer], target)) {
        complain(layer " may not use " target ": " header)
    }
}

function complain(sentence) { printf "%s:%d: %s\n", FILENAME, FNR, sentence }
