/* Places at nodes, handed from one request to the next. Lanes live as long as their transport, turns on the stacks of
 * their coroutines. On the reactor's thread. */
#include "lane.h"

#include <assert.h>
#include <stdlib.h>

struct lane_turn {
    struct waiter waiter;
    struct lane_turn *next;
    const struct task *task;
    bool granted; /* the place is ours, even if the deadline has just woken us */
};

static struct lane *find(struct lane *lanes, const void *node) {
    while (lanes != NULL && lanes->node != node) lanes = lanes->next;
    return lanes;
}

static struct lane *find_or_make(struct lane **lanes, const void *node) {
    struct lane *lane = find(*lanes, node);
    if (lane != NULL) return lane;
    lane = malloc(sizeof(*lane));
    if (lane == NULL) abort();
    *lane = (struct lane){.node = node, .next = *lanes};
    *lanes = lane;
    return lane;
}

static void queue_up(struct lane *lane, struct lane_turn *turn) {
    if (lane->first == NULL) {
        lane->first = turn;
    } else {
        lane->last->next = turn;
    }
    lane->last = turn;
}

static void give_up(struct lane *lane, const struct lane_turn *turn) {
    struct lane_turn *before = NULL;
    for (struct lane_turn *t = lane->first; t != turn; t = t->next) before = t;
    if (before == NULL) {
        lane->first = turn->next;
    } else {
        before->next = turn->next;
    }
    if (lane->last == turn) lane->last = before;
}

enum err lane_enter(struct lane **lanes, const struct task *task, const void *node, size_t width,
                    uint64_t deadline_ms) {
    struct lane *lane = find_or_make(lanes, node);
    if (lane->under_way < width) {
        lane->under_way++;
        return ERR_OK;
    }
    struct lane_turn turn = {.task = task};
    waiter_init(&turn.waiter, task->reactor);
    queue_up(lane, &turn);
    enum err err = waiter_wait(&turn.waiter, deadline_ms);
    if (turn.granted) return ERR_OK;
    give_up(lane, &turn);
    return err;
}

void lane_leave(struct lane *lanes, const void *node) {
    struct lane *lane = find(lanes, node);
    struct lane_turn *turn = lane->first;
    if (turn == NULL) {
        lane->under_way--;
        return;
    }
    lane->first = turn->next;
    turn->granted = true;
    waiter_wake(&turn->waiter, ERR_OK);
}

void lane_cancel(struct lane *lanes, const struct task *task) {
    for (; lanes != NULL; lanes = lanes->next) {
        for (struct lane_turn *turn = lanes->first; turn != NULL; turn = turn->next) {
            if (task_is_within(turn->task, task)) waiter_wake(&turn->waiter, ERR_TIMEOUT);
        }
    }
}

void lane_free_all(struct lane *lanes) {
    while (lanes != NULL) {
        assert(lanes->under_way == 0 && lanes->first == NULL);
        struct lane *next = lanes->next;
        free(lanes);
        lanes = next;
    }
}
