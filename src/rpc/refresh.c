/* The question behind the head; the rule for its answer stands in head.h, that for several in vote.h.
 * What is read belongs to the chain's head.
 * On the task's thread, in a coroutine. */
#include "refresh.h"

#include "block_read.h"
#include "chain_state.h"
#include "core/clock.h"
#include "flight.h"
#include "poll.h"
#include "publish.h"
#include "transport.h"

/* Does a node still report this block at its height? Failing to tell counts as no: then the lower answer, which is
 * certain, is taken. */
static bool is_still_canonical(struct task *task, struct chain *chain, const struct block_ref *known) {
    struct fault before = task->fault;
    struct block_ref there;
    enum err err = block_read_number(task, chain, &there, known->number);
    task->fault = before;
    return err == ERR_OK && hash32_equal(&there.hash, &known->hash);
}

/* Of one node, or of the one that the pool trusts most. */
static enum err ask_one(struct task *task, struct chain *chain, enum head_tag tag) {
    struct block_ref block;
    struct block_ref known;
    uint64_t asked_us = clock_now_us();
    enum err err = block_read_tag(task, chain, &block, tag);
    if (err != ERR_OK) return err;
    if (tag == HEAD_LATEST && head_is_above(chain->head, &known, &block) && is_still_canonical(task, chain, &known)) {
        block = known;
    }
    publish_block(chain, tag, &block, asked_us);
    return ERR_OK;
}

/* Where no vote is possible, the pool knows best whom to ask, and when to come back. */
static enum err ask(struct task *task, struct chain *chain, enum head_tag tag) {
    return poll_tag(task, chain, tag) ? ERR_OK : ask_one(task, chain, tag);
}

/* What the flight came to is read from the head, where another reactor may have put something newer meanwhile. */
static enum err land(const struct flight_result *result, struct task *task, struct chain *chain, struct block_ref *out,
                     enum head_tag tag) {
    struct head_reading reading;
    if (result->fault.code != ERR_OK) {
        task->fault = result->fault;
        return result->fault.code;
    }
    (void)head_read(chain->head, &reading, tag);
    *out = reading.block;
    return ERR_OK;
}

/* The flight may have begun before a node doubted what it brought. */
static bool is_doubted(struct chain *chain, enum head_tag tag) {
    struct head_reading reading;
    return head_read(chain->head, &reading, tag) && reading.doubted_us != 0;
}

enum err refresh_tag(struct task *task, struct chain *chain, struct block_ref *out, enum head_tag tag) {
    struct flight **flights = transport_flights(transport_of(task));
    const void *key = &chain->head->readings[tag];
    struct flight own;
    struct flight_result result;
    bool patient = true;
    while (flight_join(flights, &own, &result, task, key)) {
        bool landed = !result.out_of_time;
        if (landed && result.fault.code != ERR_OK && patient) {
            patient = false; /* it may have used up its tries before a node came back: those are not this task's */
            continue;
        }
        if (landed && (result.fault.code != ERR_OK || !is_doubted(chain, tag))) {
            return land(&result, task, chain, out, tag);
        }
        if (reactor_now_ms(task->reactor) >= task->deadline_ms) {
            return task_fail(task, ERR_TIMEOUT, "the deadline passed while waiting for a node");
        }
    }
    enum err err = ask(task, chain, tag);
    result = (struct flight_result){.out_of_time = err == ERR_TIMEOUT};
    if (err != ERR_OK) result.fault = task->fault;
    flight_land(flights, &own, &result);
    return land(&result, task, chain, out, tag);
}
