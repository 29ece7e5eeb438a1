/* Which call is to be watched, and when it is read. Owns nothing; the request's coroutine. */
#include "watch_body.h"

#include "body.h"
#include "call_body.h"

enum err watch_body_parse(struct task *task, struct watch_wish *out, struct slice text) {
    static const char *const members[] = {"function", "args", "event", NULL};
    struct slice event = {0};
    struct body body;
    *out = (struct watch_wish){.event = NULL};
    enum err err = body_parse_deep(task, &body, text, members, CALL_BODY_MAX_DEPTH);
    if (err == ERR_OK) err = call_body_function(task, &out->function, body.root);
    if (err == ERR_OK) err = body_optional_text(&body, &event, "event");
    out->event = event.p;
    out->event_len = event.len;
    return err;
}
