# Takes comments and the contents of strings out of C, line by line, so that what is left is code.
# usage: awk -f strip.awk -f CHECK.awk FILE...; CHECK.awk calls code($0) once for each line.

FNR == 1 { in_comment = 0 }

function code(line,    out, at, rest, mark) {
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (at == 0) return out
            line = substr(line, at + 2)
            in_comment = 0
        } else if (match(line, /\/\*|\/\/|"|'/)) {
            mark = substr(line, RSTART, RLENGTH)
            out = out substr(line, 1, RSTART - 1)
            rest = substr(line, RSTART + RLENGTH)
            if (mark == "//") return out
            in_comment = mark == "/*"
            line = in_comment ? rest : after_quote(rest, mark)
            if (!in_comment) out = out mark mark
        } else {
            return out line
        }
    }
    return out
}

# What stands behind the closing quote; escaped ones do not close.
function after_quote(text, mark,    i, c) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\\") i++
        else if (c == mark) return substr(text, i + 1)
    }
    return ""
}
