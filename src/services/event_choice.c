/* Only what is indexed can be searched: topics are all that is known of a log without reading it. Where a name stands
 * for several events, the arguments say which. Memory is the task's arena; the task's coroutine. */
#include "event_choice.h"

#include <jansson.h>
#include <string.h>

#include "core/decimal.h"
#include "core/json_depth.h"
#include "eth/abi_read.h"
#include "eth/abi_value.h"

enum { SHOWN_BYTES = 80 };

static int shown(size_t len) {
    return (int)(len < SHOWN_BYTES ? len : SHOWN_BYTES);
}

static bool is_whole_signature(const struct event_question *question) {
    static const char keyword[] = "event";
    const size_t n = sizeof keyword - 1;
    return question->event_len > n && memcmp(question->event, keyword, n) == 0 &&
           strchr(" \t\r\n", question->event[n]) != NULL;
}

/* --- arguments --- */

static bool is_called(const struct abi_param *param, const struct event_argument *arg) {
    return strlen(param->name) == arg->name_len && memcmp(param->name, arg->name, arg->name_len) == 0;
}

/* Returns where it is among the event's inputs, or their number when it is none of them. */
static size_t find_input(const struct abi_item *event, const struct event_argument *arg) {
    uint64_t position;
    for (size_t i = 0; i < event->inputs.n; i++) {
        if (is_called(&event->inputs.list[i], arg)) return i;
    }
    bool is_position = decimal_parse_u64(&position, arg->name, arg->name_len) && position < event->inputs.n;
    return is_position ? (size_t)position : event->inputs.n;
}

static unsigned topic_of(const struct abi_item *event, size_t input) {
    unsigned topic = event->anonymous ? 0 : 1;
    for (size_t i = 0; i < input; i++) topic += event->inputs.list[i].indexed;
    return topic;
}

static bool has_all(const struct abi_item *event, const struct event_question *question) {
    for (size_t i = 0; i < question->n_args; i++) {
        size_t input = find_input(event, &question->args[i]);
        if (input == event->inputs.n || !event->inputs.list[input].indexed) return false;
    }
    return true;
}

/* Returns the value as JSON, to be freed; NULL when it is none. */
static json_t *read_value(const struct abi_type *type, const struct event_argument *arg) {
    if (type->kind == ABI_ARRAY || type->kind == ABI_TUPLE) {
        if (!json_depth_within(arg->value, arg->value_len, JSON_MAX_DEPTH)) return NULL;
        return json_loadb(arg->value, arg->value_len, JSON_REJECT_DUPLICATES, NULL);
    }
    if (type->kind != ABI_BOOL) return json_stringn(arg->value, arg->value_len);
    bool is_true = arg->value_len == 4 && memcmp(arg->value, "true", 4) == 0;
    bool is_false = arg->value_len == 5 && memcmp(arg->value, "false", 5) == 0;
    return is_true || is_false ? json_boolean(is_true) : NULL;
}

static enum err fail_value(struct task *task, const struct event_argument *arg, const char *problem) {
    return task_fail(task, ERR_INVALID_ARGUMENT, "arg.%.*s \"%.*s\": %s", shown(arg->name_len), arg->name,
                     shown(arg->value_len), arg->value, problem);
}

static enum err set_topic(struct task *task, struct event_filter *filter, unsigned at, const hash32 *topic,
                          const char *what, size_t what_len) {
    if (filter->has_topic[at] && !hash32_equal(&filter->topics[at], topic)) {
        return task_fail(task, ERR_INVALID_PARAMETER, "topic%u and %.*s ask for different things", at, shown(what_len),
                         what);
    }
    filter->has_topic[at] = true;
    filter->topics[at] = *topic;
    return ERR_OK;
}

static enum err fail_argument(struct task *task, const struct abi_item *event, const struct event_argument *arg,
                              bool is_input) {
    return task_fail(task, ERR_INVALID_ARGUMENT, "%.*s of %.200s %s", shown(arg->name_len), arg->name, event->signature,
                     is_input ? "is not indexed: only indexed arguments can be searched" : "is no argument of it");
}

static enum err set_argument(struct task *task, struct event_filter *filter, const struct abi_item *event,
                             const struct event_argument *arg) {
    char problem[ABI_PROBLEM_BYTES] = "is not valid";
    size_t input = find_input(event, arg);
    if (input == event->inputs.n || !event->inputs.list[input].indexed) {
        return fail_argument(task, event, arg, input < event->inputs.n);
    }
    const struct abi_param *param = &event->inputs.list[input];
    const unsigned topic = topic_of(event, input);
    hash32 hash;
    json_t *value = read_value(&param->type, arg);
    enum err err = value == NULL ? ERR_INVALID_ARGUMENT : abi_encode_topic(&hash, problem, param, value);
    json_decref(value);
    if (err != ERR_OK) return fail_value(task, arg, problem);
    if (topic >= LOG_MAX_TOPICS) return fail_value(task, arg, "no log has so many topics");
    return set_topic(task, filter, topic, &hash, arg->name, arg->name_len);
}

/* --- the event --- */

static enum err choose_one(struct task *task, struct event_question *question, const struct abi_item *event) {
    struct event_filter *filter = &question->filter;
    enum err err = ERR_OK;
    if (event->anonymous) {
        filter->name = event->name;
    } else {
        err = set_topic(task, filter, 0, &event->hash, question->event, question->event_len);
    }
    for (size_t i = 0; err == ERR_OK && i < question->n_args; i++) {
        err = set_argument(task, filter, event, &question->args[i]);
    }
    return err;
}

/* Events of one name. */
struct namesakes {
    const struct abi_item *fitting; /* that has all arguments, indexed; the last one */
    const struct abi_item *any;
    hash32 *signatures; /* of those that are not anonymous */
    size_t n;
    size_t n_fitting;
    size_t n_signatures;
};

static enum err find_namesakes(struct task *task, struct namesakes *out, const struct event_question *question,
                               const struct abi *abi) {
    const struct abi_item *event = NULL;
    *out = (struct namesakes){.signatures = arena_alloc(task->arena, abi->n_items * sizeof *out->signatures)};
    if (out->signatures == NULL) return task_fail_memory(task);
    while ((event = abi_next_named(abi, ABI_ITEM_EVENT, question->event, question->event_len, event)) != NULL) {
        bool fits = has_all(event, question);
        out->n++;
        out->any = event;
        if (!event->anonymous) out->signatures[out->n_signatures++] = event->hash;
        if (fits) out->fitting = event;
        out->n_fitting += fits;
    }
    return ERR_OK;
}

/* Several whose arguments cannot tell them apart: without any, all of them are meant. */
static enum err choose_all(struct task *task, struct event_question *question, const struct namesakes *found) {
    if (question->n_args > 0 || found->n_signatures < found->n || question->filter.has_topic[0]) {
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "several events are called \"%.*s\": name one with its types, as %.200s",
                         shown(question->event_len), question->event, found->any->signature);
    }
    question->filter.signatures = found->signatures;
    question->filter.n_signatures = found->n_signatures;
    return ERR_OK;
}

static enum err choose_named(struct task *task, struct event_question *question, const struct abi *abi) {
    struct namesakes found;
    enum err err = find_namesakes(task, &found, question, abi);
    if (err != ERR_OK) return err;
    if (found.n == 0) {
        return task_fail(task, ERR_NOT_IN_ABI, "the contract's ABI has no event \"%.*s\"", shown(question->event_len),
                         question->event);
    }
    if (found.n == 1) return choose_one(task, question, found.any);
    bool by_arguments = question->n_args > 0 && found.n_fitting == 1;
    return by_arguments ? choose_one(task, question, found.fitting) : choose_all(task, question, &found);
}

static enum err choose_whole(struct task *task, struct event_question *question) {
    char problem[ABI_PROBLEM_BYTES] = "";
    const struct abi_item *event;
    enum err err = abi_read_signature(&event, task->arena, problem, question->event, question->event_len);
    if (err == ERR_OVERLOADED) return task_fail_memory(task);
    if (err != ERR_OK) return task_fail(task, err, "%s", problem);
    return choose_one(task, question, event);
}

enum err event_choice_make(struct task *task, struct event_question *question, const struct abi *abi) {
    if (question->event == NULL && question->n_args > 0) {
        return task_fail(task, ERR_INVALID_PARAMETER, "arg.%.*s needs event=, the event that it is an argument of",
                         shown(question->args[0].name_len), question->args[0].name);
    }
    if (question->event == NULL) return ERR_OK;
    return is_whole_signature(question) ? choose_whole(task, question) : choose_named(task, question, abi);
}
