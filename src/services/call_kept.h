/* What contracts returned or reverted with, in the cache. The task's coroutine. */
#ifndef DAPPD_SERVICES_CALL_KEPT_H
#define DAPPD_SERVICES_CALL_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "services/source.h"

/* A call of a contract by nobody in particular. */
struct call_question {
    address contract;
    const uint8_t *data;
    size_t len;
};

enum call_end { CALL_RETURNED, CALL_REVERTED, CALL_NO_CODE };

struct call_answer {
    enum call_end end;
    const uint8_t *bytes; /* returned or reverted with; NULL of a revert without data. Task's arena */
    size_t len;
};

/* Returns false when it is not known at this block, or when there is no memory for it. */
bool call_kept_find(const struct task *task, const struct source *source, struct call_answer *out,
                    const struct call_question *question, const struct block_ref *block);

/* Keeps an answer, unless it is longer than the cache's entries are. */
void call_kept_put(const struct task *task, const struct source *source, const struct call_answer *answer,
                   const struct call_question *question, const struct block_ref *block);

#endif
