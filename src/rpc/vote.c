/* A head is worth pinning reads to when it does not depend on the honesty of one node. Owns nothing.
 * Any thread: pure functions.
 * Only a voter's own words lead from one of its blocks to another, and nothing but the whole block is support: what
 * others say of a hash may be made up. */
#include "vote.h"

static bool is_same(const struct block_ref *a, const struct block_ref *b) {
    return a->number == b->number && hash32_equal(&a->hash, &b->hash) &&
           hash32_equal(&a->parent_hash, &b->parent_hash) && a->timestamp == b->timestamp;
}

static bool is_child(const struct block_ref *block, const struct block_ref *parent) {
    return block->number == parent->number + 1 && hash32_equal(&block->parent_hash, &parent->hash);
}

static void remember(struct voter *voter, const struct voter_word *word) {
    voter->words[voter->n_words++ % VOTE_WORDS] = *word;
}

static size_t words_kept(const struct voter *voter) {
    return voter->n_words < VOTE_WORDS ? voter->n_words : VOTE_WORDS;
}

/* An answer says what leads to the report before it; to a child of that report as well, where it is about a block. */
static void outdate_answers(struct voter *voter, bool by_child) {
    for (size_t i = 0; i < words_kept(voter); i++) {
        struct voter_word *word = &voter->words[i];
        word->asked = word->asked && by_child && word->exists;
    }
}

void voter_report(struct voter *voter, const struct block_ref *newest, uint64_t asked_us) {
    if (voter->reported && asked_us < voter->asked_us) return;
    voter->asked_us = asked_us;
    if (voter->reported && is_same(&voter->newest, newest)) return;
    outdate_answers(voter, voter->reported && is_child(newest, &voter->newest));
    remember(voter, &(struct voter_word){.block = *newest, .exists = true});
    voter->newest = *newest;
    voter->reported = true;
}

void voter_answer(struct voter *voter, uint64_t number, const struct block_ref *block, uint64_t asked_us) {
    if (asked_us < voter->asked_us) return;
    struct voter_word word = {.block = {.number = number}, .exists = block != NULL, .asked = true};
    if (block != NULL) word.block = *block;
    remember(voter, &word);
}

static const struct block_ref *find_parent(const struct voter *voter, const struct block_ref *block) {
    for (size_t i = 0; i < words_kept(voter); i++) {
        const struct voter_word *word = &voter->words[i];
        if (word->exists && is_child(block, &word->block)) return &word->block;
    }
    return NULL;
}

static enum voter_stand stand_when(bool supports) {
    return supports ? VOTER_SUPPORTS : VOTER_DENIES;
}

static enum voter_stand stand_by_answers(const struct voter *voter, const struct block_ref *block) {
    for (size_t i = 0; i < words_kept(voter); i++) { /* the last word first */
        const struct voter_word *word = &voter->words[(voter->n_words - 1 - i) % VOTE_WORDS];
        if (!word->asked || word->block.number != block->number) continue;
        return stand_when(word->exists && is_same(&word->block, block));
    }
    return VOTER_UNKNOWN;
}

enum voter_stand voter_stand(const struct voter *voter, const struct block_ref *block) {
    const struct block_ref *at = &voter->newest;
    if (block->number > at->number) return VOTER_DENIES;
    while (at->number > block->number) {
        const struct block_ref *parent = find_parent(voter, at);
        if (parent == NULL && at->number - 1 == block->number && !is_child(at, block)) return VOTER_DENIES;
        if (parent == NULL) return stand_by_answers(voter, block);
        at = parent;
    }
    return stand_when(is_same(at, block));
}

/* Asked long after the block moved last, so that the report is about the standstill. */
static bool tells_of_standstill(const struct ballot *ballot, const struct voter *voter) {
    uint64_t since_us = ballot->moved_us + VOTE_LAG_S * 1000000ULL;
    return ballot->moved_us != 0 && voter->reported && voter->asked_us >= since_us;
}

/* Of two voters, one that is far behind while nothing moves would hold up the other for ever. */
static bool is_left_behind(const struct ballot *ballot, const struct voter *voter) {
    const struct voter *other = NULL;
    size_t n = 0;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *one = &ballot->voters[i];
        n += one->counts ? 1 : 0;
        if (one->counts && one != voter) other = one;
    }
    bool both = n == 2 && tells_of_standstill(ballot, voter) && tells_of_standstill(ballot, other);
    return both && vote_lags(&voter->newest, &other->newest);
}

static bool has_seat(const struct ballot *ballot, const struct voter *voter) {
    return voter->counts && !is_left_behind(ballot, voter);
}

static bool has_voted(const struct ballot *ballot, const struct voter *voter) {
    return has_seat(ballot, voter) && voter->reported && voter->asked_us >= ballot->since_us;
}

static size_t seats(const struct ballot *ballot) {
    size_t n = 0;
    for (size_t i = 0; i < ballot->n; i++) n += has_seat(ballot, &ballot->voters[i]) ? 1 : 0;
    return n;
}

static size_t majority(const struct ballot *ballot) {
    return seats(ballot) / 2 + 1;
}

static size_t count_stands(const struct ballot *ballot, const struct block_ref *block, enum voter_stand stand) {
    size_t n = 0;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        n += has_voted(ballot, voter) && voter_stand(voter, block) == stand ? 1 : 0;
    }
    return n;
}

/* The time of the majority's least recent question, taking those that were asked last. */
static uint64_t asked_by_majority_us(const struct ballot *ballot) {
    uint64_t least_us = 0;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        if (!has_voted(ballot, voter)) continue;
        size_t as_recent = 0;
        for (size_t j = 0; j < ballot->n; j++) {
            const struct voter *other = &ballot->voters[j];
            as_recent += has_voted(ballot, other) && other->asked_us >= voter->asked_us ? 1 : 0;
        }
        if (as_recent >= majority(ballot) && voter->asked_us > least_us) least_us = voter->asked_us;
    }
    return least_us;
}

static bool is_ancestor_of_known(const struct ballot *ballot, const struct block_ref *block) {
    if (ballot->known == NULL || ballot->known->number <= block->number) return false;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        if (!has_voted(ballot, voter) || voter_stand(voter, ballot->known) != VOTER_SUPPORTS) continue;
        if (is_child(ballot->known, block) || voter_stand(voter, block) == VOTER_SUPPORTS) return true;
    }
    return false;
}

bool vote_decide(struct verdict *out, const struct ballot *ballot) {
    const struct block_ref *best = NULL;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        if (!has_voted(ballot, voter) || (best != NULL && voter->newest.number <= best->number)) continue;
        if (count_stands(ballot, &voter->newest, VOTER_SUPPORTS) >= majority(ballot)) best = &voter->newest;
    }
    if (best == NULL) return false;
    if (is_ancestor_of_known(ballot, best)) best = ballot->known;
    *out = (struct verdict){.block = *best, .asked_us = asked_by_majority_us(ballot)};
    return true;
}

bool vote_open_question(struct block_ref *out, const struct ballot *ballot) {
    const struct block_ref *best = NULL;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        if (!has_voted(ballot, voter) || (best != NULL && voter->newest.number <= best->number)) continue;
        size_t unknown = count_stands(ballot, &voter->newest, VOTER_UNKNOWN);
        size_t supporters = count_stands(ballot, &voter->newest, VOTER_SUPPORTS);
        if (unknown > 0 && supporters + unknown >= majority(ballot)) best = &voter->newest;
    }
    if (best != NULL) *out = *best;
    return best != NULL;
}

bool vote_is_asked(const struct ballot *ballot, size_t voter, const struct block_ref *block) {
    const struct voter *one = &ballot->voters[voter];
    return has_voted(ballot, one) && voter_stand(one, block) == VOTER_UNKNOWN;
}

static bool take_lowest(struct verdict *out, const struct ballot *ballot) {
    const struct voter *lowest = NULL;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        if (!has_voted(ballot, voter) || (lowest != NULL && voter->newest.number >= lowest->newest.number)) continue;
        lowest = voter;
    }
    if (lowest != NULL) *out = (struct verdict){.block = lowest->newest, .asked_us = lowest->asked_us};
    return lowest != NULL;
}

bool vote_fall_back(struct verdict *out, const struct ballot *ballot) {
    if (ballot->lowest) return take_lowest(out, ballot);
    const struct voter *first = NULL, *faithful = NULL;
    for (size_t i = ballot->n; i-- > 0;) {
        const struct voter *voter = &ballot->voters[i];
        if (!has_voted(ballot, voter)) continue;
        first = voter;
        if (ballot->known != NULL && voter_stand(voter, ballot->known) == VOTER_SUPPORTS) faithful = voter;
    }
    if (first == NULL) return false;
    const struct voter *chosen = faithful != NULL ? faithful : first;
    bool keep = faithful != NULL && seats(ballot) > 2;
    *out = (struct verdict){.block = keep ? *ballot->known : chosen->newest, .asked_us = chosen->asked_us};
    return true;
}

static size_t count_reports(const struct ballot *ballot, uint64_t number) {
    size_t n = 0;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        n += voter->counts && voter->reported && voter->newest.number >= number ? 1 : 0;
    }
    return n;
}

bool vote_reached(uint64_t *number, const struct ballot *ballot) {
    size_t n = 0;
    *number = 0;
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        n += voter->counts ? 1 : 0;
    }
    for (size_t i = 0; i < ballot->n; i++) {
        const struct voter *voter = &ballot->voters[i];
        if (!voter->counts || !voter->reported || voter->newest.number <= *number) continue;
        if (count_reports(ballot, voter->newest.number) > n / 2) *number = voter->newest.number;
    }
    return count_reports(ballot, 0) > n / 2;
}

bool vote_lags(const struct block_ref *block, const struct block_ref *head) {
    return head->number > block->number && head->number - block->number > VOTE_LAG_BLOCKS &&
           head->timestamp > block->timestamp && head->timestamp - block->timestamp > VOTE_LAG_S;
}
