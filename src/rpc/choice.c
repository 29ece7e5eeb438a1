/* The order in which nodes are asked: what they are fit for first, then what the operator wants, then what they do
 * best. All reactors prefer the same node, so that one read does not see another node's head than the one before.
 * Owns nothing.
 * On the task's thread. */
#include "choice.h"

#include "chain_state.h"
#include "core/log.h"
#include "group.h"

enum { TRIED_RELUCTANCE = 4, NEVER = 1000 };

/* How unwillingly an upstream is asked. One that was tried is asked once more before one that does badly, but not
 * twice; before one that is open, even then. */
static const unsigned reluctance[UPSTREAM_FITNESS_COUNT] = {
    [UPSTREAM_WELL] = 0,      [UPSTREAM_HALF_OPEN] = 1, [UPSTREAM_LAGGING] = 2,
    [UPSTREAM_PENALISED] = 5, [UPSTREAM_WAITING] = 6,   [UPSTREAM_OPEN] = 9,
    [UPSTREAM_PAUSED] = 12,   [UPSTREAM_BUSY] = NEVER,  [UPSTREAM_EXCLUDED] = NEVER,
};

/* The preferred one is left for another that takes less than 70 % of its time, and not for a trifle. */
enum { CLEARLY_BETTER_PERCENT = 70, TRIFLE_US = 5000 };

unsigned tries_of(const struct tries *tries, const struct upstream *upstream) {
    unsigned times = 0;
    for (unsigned i = 0; i < tries->n_tried; i++) times += tries->tried[i] == upstream ? 1 : 0;
    return times;
}

void tries_note(struct tries *tries, struct upstream *upstream) {
    tries->tried[tries->n_tried++] = upstream;
}

struct candidate {
    struct upstream *upstream;
    struct upstream_view view;
    unsigned tried;
    unsigned reluctance;
};

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

/* Below 0: a goes before b, whichever is preferred. */
static int compare_rank(const struct candidate *a, const struct candidate *b) {
    int order = compare(a->reluctance, b->reluctance);
    if (order == 0) order = compare(a->tried, b->tried);
    bool open = a->view.fitness == UPSTREAM_OPEN; /* each in turn, for any of them may be back */
    if (order == 0 && open) order = compare(a->view.asked_ms, b->view.asked_ms);
    if (order == 0) order = compare(a->upstream->priority, b->upstream->priority);
    return order == 0 ? compare(a->view.wait_ms, b->view.wait_ms) : order;
}

static bool is_clearly_better(const struct candidate *a, const struct candidate *b) {
    uint64_t us = a->view.score_us;
    uint64_t than_us = b->view.score_us;
    if (than_us == UINT64_MAX || us + TRIFLE_US > than_us) return false;
    return us < than_us / 100 * CLEARLY_BETTER_PERCENT;
}

static struct candidate look(const struct chain *chain, const struct tries *tries, size_t i, uint64_t now_ms) {
    struct upstream *upstream = &chain->upstreams[i];
    struct candidate candidate = {.upstream = upstream, .view = upstream_look(upstream, now_ms)};
    candidate.tried = tries_of(tries, upstream);
    candidate.reluctance = reluctance[candidate.view.fitness] + candidate.tried * TRIED_RELUCTANCE;
    if (tries->group != NULL && !group_may_ask(tries->group, upstream, now_ms)) candidate.reluctance = NEVER;
    return candidate;
}

struct choice choice_best(const struct chain *chain, const struct tries *tries, bool may_repeat, uint64_t now_ms) {
    struct candidate preferred = look(chain, tries, atomic_load(&chain->preferred), now_ms);
    struct candidate best = {.upstream = NULL};
    bool busy = false;
    bool untried_busy = false;
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        struct candidate candidate = look(chain, tries, i, now_ms);
        busy |= candidate.view.fitness == UPSTREAM_BUSY;
        untried_busy |= candidate.view.fitness == UPSTREAM_BUSY && candidate.tried == 0;
        if (candidate.reluctance >= NEVER || (candidate.tried > 0 && !may_repeat)) continue;
        int order = best.upstream == NULL ? -1 : compare_rank(&candidate, &best);
        if (order == 0) order = compare(candidate.view.score_us, best.view.score_us);
        if (order < 0) best = candidate;
    }
    if (best.upstream == NULL)
        return (struct choice){.upstream = NULL, .all_down = busy, .worth_waiting = untried_busy};
    if (compare_rank(&preferred, &best) == 0 && !is_clearly_better(&best, &preferred)) best = preferred;
    bool lasting = best.view.fitness == UPSTREAM_WELL && preferred.view.fitness != UPSTREAM_WAITING;
    bool hopeless = best.tried > 0 && best.reluctance >= reluctance[UPSTREAM_OPEN];
    return (struct choice){
        .upstream = best.upstream, .view = best.view, .lasting = lasting, .worth_waiting = untried_busy && hopeless};
}

struct upstream *choice_rival(const struct chain *chain, const struct tries *tries, size_t n_calls, bool in_need,
                              uint64_t now_ms) {
    struct choice choice = choice_best(chain, tries, false, now_ms);
    if (choice.upstream == NULL) return NULL;
    bool well = choice.view.fitness == UPSTREAM_WELL && !choice.view.on_trial;
    bool at_once = choice.view.fitness <= UPSTREAM_OPEN && choice.view.wait_ms == 0;
    if (!well && !(in_need && at_once)) return NULL;
    return n_calls <= upstream_batch_cap(choice.upstream, chain->limits.max_batch, now_ms) ? choice.upstream : NULL;
}

void choice_prefer(struct chain *chain, const struct upstream *upstream) {
    size_t index = (size_t)(upstream - chain->upstreams);
    if (atomic_load(&chain->preferred) == index || atomic_exchange(&chain->preferred, index) == index) return;
    log_write(LOG_RPC, LOG_DEBUG, "upstream preferred", LOG_STR("chain", chain->name),
              LOG_STR("upstream", upstream->name));
}
