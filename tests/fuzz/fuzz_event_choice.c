/* Feeds services/event_choice any event name and arguments, one to a line: a name first, then NAME=VALUE. What is taken
 * narrows the list, every refusal has a detail that can be shown, and asked again it comes to the same.
 * Owns a task's arena for each input.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "core/utf8.h"
#include "eth/abi_read.h"
#include "services/event_choice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 4 * 1024 * 1024, MAX_ARGS = 4 };

static const char abi_text[] =
    "[\"event Move(address indexed from, address indexed to, uint256 amount)\","
    "\"event Note(string indexed text, bool indexed on, (uint8 a, bytes b)[] indexed list)\","
    "\"event Twice(int24 indexed a)\",\"event Twice(bytes4 indexed b)\",\"event Plain(uint256)\","
    "\"event Hidden(uint256 indexed a, uint256[2] indexed b, bytes32 indexed c, bytes indexed d) anonymous\"]";

/* Returns what stands before the separator, and moves behind it. */
static struct event_argument cut(const char **text, size_t *len, char separator) {
    const char *end = memchr(*text, separator, *len);
    size_t n = end != NULL ? (size_t)(end - *text) : *len;
    const struct event_argument piece = {.name = *text, .name_len = n};
    *len -= end != NULL ? n + 1 : n;
    *text += end != NULL ? n + 1 : n;
    return piece;
}

static void read_question(struct event_question *out, struct event_argument args[MAX_ARGS], const char *text,
                          size_t len) {
    const struct event_argument event = cut(&text, &len, '\n');
    *out = (struct event_question){.event = event.name, .event_len = event.name_len, .args = args};
    while (len > 0 && out->n_args < MAX_ARGS) {
        struct event_argument line = cut(&text, &len, '\n');
        const char *value = line.name;
        size_t value_len = line.name_len;
        struct event_argument arg = cut(&value, &value_len, '=');
        arg.value = value;
        arg.value_len = value_len;
        args[out->n_args++] = arg;
    }
}

static void check(const struct task *task, enum err err, const struct event_question *question) {
    const struct event_filter *filter = &question->filter;
    const char *detail = task->fault.detail;
    char clean[TASK_DETAIL_BYTES];
    unsigned n_topics = 0;
    for (unsigned i = 0; i < LOG_MAX_TOPICS; i++) n_topics += filter->has_topic[i];
    if (err != ERR_OK) {
        assert(task->fault.code == err && strlen(detail) > 0);
        assert(utf8_clean(clean, sizeof clean, detail, strlen(detail)) == strlen(detail));
    } else {
        assert(n_topics > 0 || filter->name != NULL || filter->n_signatures > 0);
        assert(n_topics <= question->n_args + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char problem[ABI_PROBLEM_BYTES];
    struct event_argument args[MAX_ARGS];
    struct event_question first, again;
    struct task task = {.arena = arena_new(ARENA_BYTES), .name = "fuzz"};
    const struct abi *abi;
    if (abi_read_text(&abi, task.arena, problem, abi_text, sizeof abi_text - 1) != ERR_OK) __builtin_trap();
    read_question(&first, args, (const char *)data, size);
    again = first;
    enum err err = event_choice_make(&task, &first, abi);
    check(&task, err, &first);
    assert(event_choice_make(&task, &again, abi) == err);
    if (err == ERR_OK) assert(memcmp(first.filter.topics, again.filter.topics, sizeof first.filter.topics) == 0);
    arena_free(task.arena);
    return 0;
}
