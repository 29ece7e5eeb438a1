/* Turns the interface's description from YAML into JSON while dappd is built, so that the binary can serve both.
 * Reads one document on stdin, writes compact JSON on stdout; owns nothing that outlives the process.
 * One thread, on the machine that builds. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 64 };

_Noreturn static void fail(yaml_mark_t at, const char *problem, const char *text) {
    (void)fprintf(stderr, "yaml2json: line %zu, column %zu: %s%s%s\n", at.line + 1, at.column + 1, problem,
                  text != NULL ? ": " : "", text != NULL ? text : "");
    exit(1);
}

static const char *scalar_text(const yaml_event_t *event) {
    return (const char *)event->data.scalar.value;
}

static bool is_one_of(const char *text, const char *const *words) {
    while (*words != NULL && strcmp(*words, text) != 0) words++;
    return *words != NULL;
}

/* The next event; what JSON has no word for ends the program. */
static void next_event(yaml_event_t *event, yaml_parser_t *parser) {
    if (!yaml_parser_parse(parser, event)) fail(parser->problem_mark, "no valid YAML", parser->problem);
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_ALIAS_EVENT) fail(event->start_mark, "aliases are not supported", NULL);
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (anchor != NULL) fail(event->start_mark, "anchors are not supported", (const char *)anchor);
    if (tag != NULL) fail(event->start_mark, "tags are not supported", (const char *)tag);
}

/* Digits of the base behind an optional sign, which only base 10 has. */
static json_t *read_integer(yaml_mark_t at, const char *text) {
    int base = strncmp(text, "0x", 2) == 0 ? 16 : strncmp(text, "0o", 2) == 0 ? 8 : 10;
    const char *digits = base == 10 ? text + strspn(text, "+-") : text + 2;
    const char *allowed = base == 16 ? "0123456789abcdefABCDEF" : base == 8 ? "01234567" : "0123456789";
    if (digits - text > (base == 10 ? 1 : 2) || *digits == '\0' || digits[strspn(digits, allowed)] != '\0') return NULL;
    errno = 0;
    long long value = strtoll(base == 10 ? text : digits, NULL, base);
    if (errno == ERANGE) fail(at, "a number past 64 bits; put text in quotes", text);
    return json_integer(value);
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *text) {
    static const char digits[] = "0123456789";
    const char *p = text + (strchr("+-", *text) != NULL && *text != '\0' ? 1 : 0);
    size_t whole = strspn(p, digits), fraction = 0;
    p += whole;
    if (*p == '.') {
        fraction = strspn(p + 1, digits);
        p += 1 + fraction;
    }
    if (whole + fraction == 0) return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-') p++;
        size_t exponent = strspn(p, digits);
        if (exponent == 0) return false;
        p += exponent;
    }
    return *p == '\0';
}

static json_t *read_float(yaml_mark_t at, const char *text) {
    static const char *const no_number[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                            "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};
    if (is_one_of(text, no_number)) fail(at, "JSON has no such number", text);
    if (!is_float(text)) return NULL;
    double value = strtod(text, NULL);
    if (!isfinite(value)) fail(at, "a number too large", text);
    return json_real(value);
}

/* The core schema of YAML 1.2, section 10.3.2: only plain scalars are anything but strings. */
static json_t *read_scalar(const yaml_event_t *event) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    const char *text = scalar_text(event);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        if (is_one_of(text, nulls)) return json_null();
        if (is_one_of(text, trues)) return json_true();
        if (is_one_of(text, falses)) return json_false();
        json_t *number = read_integer(event->start_mark, text);
        if (number == NULL) number = read_float(event->start_mark, text);
        if (number != NULL) return number;
    }
    return json_stringn(text, event->data.scalar.length);
}

static json_t *read_node(yaml_parser_t *parser, yaml_event_t *event, int depth);

static json_t *read_sequence(yaml_parser_t *parser, int depth) {
    json_t *array = json_array();
    for (;;) {
        yaml_event_t event;
        next_event(&event, parser);
        bool ended = event.type == YAML_SEQUENCE_END_EVENT;
        if (!ended && json_array_append_new(array, read_node(parser, &event, depth)) != 0) abort();
        yaml_event_delete(&event);
        if (ended) return array;
    }
}

static json_t *read_mapping(yaml_parser_t *parser, int depth) {
    json_t *object = json_object();
    for (;;) {
        yaml_event_t key, value;
        next_event(&key, parser);
        if (key.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&key);
            return object;
        }
        if (key.type != YAML_SCALAR_EVENT) fail(key.start_mark, "a key that is no scalar", NULL);
        const char *name = scalar_text(&key);
        if (strlen(name) != key.data.scalar.length) fail(key.start_mark, "a key with NUL in it", NULL);
        if (json_object_get(object, name) != NULL) fail(key.start_mark, "a key that was there before", name);
        next_event(&value, parser);
        if (json_object_set_new(object, name, read_node(parser, &value, depth)) != 0) abort();
        yaml_event_delete(&value);
        yaml_event_delete(&key);
    }
}

static json_t *read_node(yaml_parser_t *parser, yaml_event_t *event, int depth) {
    json_t *node = NULL;
    if (depth == MAX_DEPTH) fail(event->start_mark, "nested too deeply", NULL);
    if (event->type == YAML_SCALAR_EVENT) node = read_scalar(event);
    if (event->type == YAML_SEQUENCE_START_EVENT) node = read_sequence(parser, depth + 1);
    if (event->type == YAML_MAPPING_START_EVENT) node = read_mapping(parser, depth + 1);
    if (node == NULL) abort(); /* out of memory: the grammar has no other event here */
    return node;
}

static void expect(yaml_parser_t *parser, yaml_event_type_t type, const char *problem) {
    yaml_event_t event;
    next_event(&event, parser);
    if (event.type != type) fail(event.start_mark, problem, NULL);
    yaml_event_delete(&event);
}

int main(void) {
    yaml_parser_t parser;
    yaml_event_t event;
    if (!yaml_parser_initialize(&parser)) abort();
    yaml_parser_set_input_file(&parser, stdin);
    expect(&parser, YAML_STREAM_START_EVENT, "no YAML");
    expect(&parser, YAML_DOCUMENT_START_EVENT, "no document");
    next_event(&event, &parser);
    json_t *root = read_node(&parser, &event, 0);
    yaml_event_delete(&event);
    expect(&parser, YAML_DOCUMENT_END_EVENT, "the document does not end");
    expect(&parser, YAML_STREAM_END_EVENT, "a second document");
    yaml_parser_delete(&parser);
    bool written = json_dumpf(root, stdout, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) == 0;
    written = fflush(stdout) == 0 && written;
    json_decref(root);
    if (!written) perror("yaml2json: stdout");
    return written ? 0 : 1;
}
