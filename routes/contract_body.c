/* Contracts out of bodies. Owns nothing; the request's coroutine. */
#include "contract_body.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "core/json_depth.h"

static void release_text(void *text) {
    free(text);
}

/* Kept as it came, but for blanks: its items may have what compilers write besides. */
static enum err read_abi(const struct body *body, struct contract_wish *out) {
    const json_t *abi;
    enum err err = body_array(body->task, &abi, body->root, "abi");
    if (err != ERR_OK || abi == NULL) return err;
    char *text = json_dumps(abi, JSON_COMPACT);
    if (text == NULL) return task_fail_memory(body->task);
    if (!arena_defer(body->task->arena, release_text, text)) return task_fail_memory(body->task);
    out->abi = text;
    out->abi_len = strlen(text);
    return ERR_OK;
}

enum err contract_body_parse(struct task *task, struct contract_wish *out, struct slice text) {
    static const char *const members[] = {"abi", "name", "from_block", "events", NULL};
    struct body body;
    struct slice name = {0};
    *out = (struct contract_wish){.events = true};
    enum err err = body_parse_deep(task, &body, text, members, JSON_MAX_DEPTH);
    if (err == ERR_OK) err = read_abi(&body, out);
    if (err == ERR_OK) err = body_optional_text(&body, &name, "name");
    if (err == ERR_OK) err = body_optional_u64(&body, &out->from_block, &out->has_from_block, "from_block");
    if (err == ERR_OK) err = body_optional_bool(&body, &out->events, "events");
    out->name = name.p;
    return err;
}
