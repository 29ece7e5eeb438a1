/* Reports come in one by one, from any reactor; each is counted at once, so that the head moves with the answer that
 * makes the majority. Owned by its chain.
 * Any thread: one mutex, taken before the head's. */
#include "election.h"

#include <stdlib.h>

#include "ask.h"
#include "chain_state.h"
#include "core/clock.h"
#include "publish.h"

enum { MUTE_US = 10 * 60 * 1000 * 1000, VOTE_POLLS = 3 };

struct election *election_new(size_t n_upstreams) {
    struct election *election = calloc(1, sizeof(*election));
    if (election == NULL || pthread_mutex_init(&election->mutex, NULL) != 0) abort();
    election->n = n_upstreams;
    for (size_t tag = 0; tag < HEAD_TAG_COUNT; tag++) {
        election->voters[tag] = calloc(n_upstreams, sizeof(struct voter));
        election->seats[tag] = calloc(n_upstreams, sizeof(struct seat));
        if (election->voters[tag] == NULL || election->seats[tag] == NULL) abort();
    }
    return election;
}

void election_free(struct election *election) {
    for (size_t tag = 0; tag < HEAD_TAG_COUNT; tag++) {
        free(election->voters[tag]);
        free(election->seats[tag]);
    }
    pthread_mutex_destroy(&election->mutex);
    free(election);
}

/* What follows up to the public functions runs under the mutex. */

/* Who lags has no vote on the head, unless nobody else has one. What is final is never taken back, so there it has: it
 * may be the only one that does not run ahead of the chain. */
static void assign_votes(struct election *election, enum head_tag tag) {
    bool any = false;
    for (size_t i = 0; i < election->n; i++) {
        const struct seat *seat = &election->seats[tag][i];
        bool lags = tag != HEAD_FINALIZED && election->seats[HEAD_LATEST][i].lagging;
        election->voters[tag][i].counts = !seat->absent && !lags;
        any = any || election->voters[tag][i].counts;
    }
    for (size_t i = 0; i < election->n && !any; i++) {
        election->voters[tag][i].counts = !election->seats[tag][i].absent;
    }
}

/* All are asked at the same time, so who has not answered for a few polls does not speak of the block that others speak
 * of: together with one that goes back, it would take the head far into the past. */
static uint64_t oldest_vote_us(struct chain *chain, const struct ballot *ballot) {
    uint64_t window_us = (VOTE_POLLS * head_poll_ms(chain->head) + ASK_PATIENCE_MS) * 1000;
    uint64_t newest_us = 0;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        if (voter->counts && voter->reported && voter->asked_us > newest_us) newest_us = voter->asked_us;
    }
    return newest_us > window_us ? newest_us - window_us : 0;
}

/* Out: known, the storage of what the ballot knows. */
static struct ballot make_ballot(struct chain *chain, enum head_tag tag, struct head_reading *known) {
    struct election *election = chain->election;
    struct ballot ballot = {.voters = election->voters[tag], .n = election->n, .lowest = tag == HEAD_FINALIZED};
    assign_votes(election, tag);
    ballot.since_us = oldest_vote_us(chain, &ballot);
    if (!head_read(chain->head, known, tag)) return ballot;
    if (known->doubted_us != 0) {
        if (ballot.since_us <= known->doubted_us) ballot.since_us = known->doubted_us + 1; /* that is what is doubted */
        return ballot;
    }
    ballot.known = &known->block;
    if (tag == HEAD_LATEST) ballot.moved_us = known->moved_us;
    return ballot;
}

static void count_votes(struct chain *chain, enum head_tag tag) {
    struct head_reading known;
    struct verdict verdict;
    struct ballot ballot = make_ballot(chain, tag, &known);
    if (vote_decide(&verdict, &ballot)) publish_block(chain, tag, &verdict.block, verdict.asked_us);
}

static void watch_lag(struct chain *chain, size_t upstream) {
    struct seat *seat = &chain->election->seats[HEAD_LATEST][upstream];
    struct head_reading head;
    if (!head_read(chain->head, &head, HEAD_LATEST)) return;
    seat->lagging = vote_lags(&chain->election->voters[HEAD_LATEST][upstream].newest, &head.block);
    upstream_set_lagging(&chain->upstreams[upstream], seat->lagging);
}

static bool is_mute(const struct seat *seat) {
    return clock_now_us() < seat->mute_until_us;
}

static bool may_ask(const struct chain *chain, enum head_tag tag, size_t upstream) {
    return !is_mute(&chain->election->seats[tag][upstream]) &&
           upstream_may_probe(&chain->upstreams[upstream], upstream_now_ms());
}

/* The public functions. */

bool election_may_ask(struct chain *chain, enum head_tag tag, size_t upstream) {
    pthread_mutex_lock(&chain->election->mutex);
    bool may = may_ask(chain, tag, upstream);
    pthread_mutex_unlock(&chain->election->mutex);
    return may;
}

bool election_is_mute(struct chain *chain, enum head_tag tag) {
    struct election *election = chain->election;
    bool mute = true;
    pthread_mutex_lock(&election->mutex);
    for (size_t i = 0; i < election->n; i++) mute = mute && is_mute(&election->seats[tag][i]);
    pthread_mutex_unlock(&election->mutex);
    return mute;
}

void election_begin(struct chain *chain, enum head_tag tag) {
    struct election *election = chain->election;
    bool any = false;
    pthread_mutex_lock(&election->mutex);
    for (size_t i = 0; i < election->n; i++) {
        struct seat *seat = &election->seats[tag][i];
        if (!may_ask(chain, tag, i)) seat->absent = true;
        any = any || !seat->absent;
    }
    for (size_t i = 0; i < election->n && !any; i++) election->seats[tag][i].absent = !may_ask(chain, tag, i);
    pthread_mutex_unlock(&election->mutex);
}

void election_report(struct chain *chain, enum head_tag tag, size_t upstream, const struct block_ref *block,
                     uint64_t asked_us) {
    struct election *election = chain->election;
    pthread_mutex_lock(&election->mutex);
    voter_report(&election->voters[tag][upstream], block, asked_us);
    election->seats[tag][upstream].absent = false;
    count_votes(chain, tag);
    if (tag == HEAD_LATEST) watch_lag(chain, upstream);
    pthread_mutex_unlock(&election->mutex);
}

void election_answer(struct chain *chain, enum head_tag tag, size_t upstream, uint64_t number,
                     const struct block_ref *block, uint64_t asked_us) {
    struct election *election = chain->election;
    pthread_mutex_lock(&election->mutex);
    voter_answer(&election->voters[tag][upstream], number, block, asked_us);
    count_votes(chain, tag);
    pthread_mutex_unlock(&election->mutex);
}

void election_fail(struct chain *chain, enum head_tag tag, size_t upstream, enum rpc_outcome outcome) {
    struct seat *seat = &chain->election->seats[tag][upstream];
    bool has_none = outcome == RPC_BLOCK_UNKNOWN || outcome == RPC_INVALID;
    pthread_mutex_lock(&chain->election->mutex);
    seat->absent = true;
    if (has_none && tag != HEAD_LATEST) seat->mute_until_us = clock_now_us() + MUTE_US;
    count_votes(chain, tag);
    pthread_mutex_unlock(&chain->election->mutex);
}

void election_leave_out(struct chain *chain, enum head_tag tag, size_t upstream) {
    pthread_mutex_lock(&chain->election->mutex);
    chain->election->seats[tag][upstream].absent = true;
    count_votes(chain, tag);
    pthread_mutex_unlock(&chain->election->mutex);
}

bool election_is_settled(struct chain *chain, enum head_tag tag, uint64_t since_us) {
    struct head_reading reading;
    return head_read(chain->head, &reading, tag) && reading.doubted_us == 0 && reading.asked_us >= since_us;
}

bool election_has_question(struct chain *chain, enum head_tag tag, size_t upstream, uint64_t *number) {
    struct head_reading known;
    struct block_ref block;
    pthread_mutex_lock(&chain->election->mutex);
    struct ballot ballot = make_ballot(chain, tag, &known);
    bool open = !vote_decide(&(struct verdict){.asked_us = 0}, &ballot) && vote_open_question(&block, &ballot) &&
                vote_is_asked(&ballot, upstream, &block);
    if (open) *number = block.number;
    pthread_mutex_unlock(&chain->election->mutex);
    return open;
}

bool election_fall_back(struct chain *chain, enum head_tag tag, uint64_t asked_us) {
    struct head_reading known;
    struct verdict verdict;
    pthread_mutex_lock(&chain->election->mutex);
    struct ballot ballot = make_ballot(chain, tag, &known);
    bool any = vote_decide(&verdict, &ballot) || vote_fall_back(&verdict, &ballot);
    if (any) publish_block(chain, tag, &verdict.block, asked_us > verdict.asked_us ? asked_us : verdict.asked_us);
    pthread_mutex_unlock(&chain->election->mutex);
    return any;
}

bool election_last_report(struct chain *chain, size_t upstream, struct block_ref *out) {
    pthread_mutex_lock(&chain->election->mutex);
    const struct voter *voter = &chain->election->voters[HEAD_LATEST][upstream];
    bool reported = voter->reported;
    if (reported) *out = voter->newest;
    pthread_mutex_unlock(&chain->election->mutex);
    return reported;
}

bool election_reached(struct chain *chain, uint64_t *number) {
    struct election *election = chain->election;
    const struct seat *seats = election->seats[HEAD_LATEST];
    struct ballot ballot = {.voters = election->voters[HEAD_LATEST], .n = election->n};
    pthread_mutex_lock(&election->mutex);
    for (size_t i = 0; i < ballot.n; i++) ballot.voters[i].counts = !seats[i].absent;
    bool any = vote_reached(number, &ballot);
    pthread_mutex_unlock(&election->mutex);
    return any;
}
