# Long files, long or deeply nested functions, missing opening comments. After strip.awk; limits come as variables:
# max_file, max_function, max_nesting.

FNR == 1 {
    end_file()
    file = FILENAME
    depth = 0
    opening = ""
    in_opening = 1
    in_macro = 0
    if ($0 !~ /^\/\*/) complain(1, "the file does not open with a comment on why it exists")
}

in_opening {
    opening = opening " " $0
    if (index($0, "*/")) end_opening()
}

{
    lines = FNR
    text = code($0)
    was_macro = in_macro
    in_macro = (in_macro || text ~ /^[ \t]*#/) && text ~ /\\$/
    if (was_macro || text ~ /^[ \t]*#/) next
    count_braces(text)
}

END { end_file() }

function end_opening() {
    in_opening = 0
    if (file ~ /^(include|src|routes)\// && opening !~ /[Tt]hread|coroutine|reactor|[Ss]tateless|[Pp]ure|Static data|Plain value/) {
        complain(1, "the opening comment does not say on which thread the file's code runs")
    }
}

function end_file() {
    if (file != "" && lines > max_file) complain(lines, "the file has " lines " lines; at most " max_file " are allowed")
}

# A function's first line is the last one at depth 0 that begins at the margin; its body begins with ") {".
function count_braces(text,    i, c) {
    if (depth == 0 && text ~ /^[A-Za-z_]/) {
        first = FNR
        name = text
        sub(/\(.*/, "", name)
        sub(/.*[^A-Za-z0-9_]/, "", name)
    }
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "{") {
            if (depth == 0) begin_body(substr(text, 1, i - 1))
            depth++
            if (depth > deepest) deepest = depth
        } else if (c == "}") {
            depth--
            if (depth == 0) end_body()
        }
    }
}

function begin_body(before) {
    is_function = before ~ /\)[ \t]*$/
    deepest = 0
}

function end_body(    length_) {
    length_ = FNR - first + 1
    if (is_function && length_ > max_function) {
        complain(first, name " has " length_ " lines; at most " max_function " are allowed")
    }
    if (is_function && deepest - 1 > max_nesting) {
        complain(first, name " nests " (deepest - 1) " levels deep; at most " max_nesting " are allowed")
    }
    is_function = 0
}

function complain(line, sentence) { printf "%s:%d: %s\n", file, line, sentence }
