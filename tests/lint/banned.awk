# Calls of the functions in `names`, after strip.awk; `why` ends the sentence.

BEGIN { n = split(names, name) }

{
    text = " " code($0)
    for (i = 1; i <= n; i++) {
        if (text ~ ("[^A-Za-z0-9_]" name[i] "[ \t]*\\(")) printf "%s:%d: %s %s\n", FILENAME, FNR, name[i], why
    }
}
