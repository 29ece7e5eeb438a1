/* Which block most nodes agree on. Pure functions on what each node has said; any thread, callers lock.
 *
 * The rule: a voter supports the block that it reports, and every block of its own words that leads there: by parent
 * hashes, or because it named it when asked for its block at that height. The block that counts is the highest one
 * reported that more than half of the voters support. So one voter alone never moves it up, whatever it claims, and a
 * made-up block never wins against two honest voters. Nor does it go back while a voter has both blocks: then those
 * that report the lower one lag.
 *
 * Two voters that disagree are no majority, but no reason to stop either: vote_fall_back. */
#ifndef DAPPD_RPC_VOTE_H
#define DAPPD_RPC_VOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eth/block.h"

enum { VOTE_WORDS = 8, VOTE_LAG_BLOCKS = 3, VOTE_LAG_S = 10 };

/* What a node said of its block at one height. */
struct voter_word {
    struct block_ref block; /* number alone when there is none */
    bool exists;
    bool asked; /* since the newest report: an answer to voter_answer, not an older report */
};

struct voter {
    bool counts; /* it has a vote now; set by the caller */
    bool reported;
    struct block_ref newest; /* what it last reported */
    uint64_t asked_us;       /* when it was asked for that, monotonic */
    struct voter_word words[VOTE_WORDS];
    size_t n_words; /* ever; the last ones are kept */
};

enum voter_stand { VOTER_SUPPORTS, VOTER_DENIES, VOTER_UNKNOWN };

/* Takes a report, unless one asked for later is known already. */
void voter_report(struct voter *voter, const struct block_ref *newest, uint64_t asked_us);

/* Takes what it said when asked for its block of this number, unless a report asked for later is known already. In:
 * block, NULL when it has none or did not tell. */
void voter_answer(struct voter *voter, uint64_t number, const struct block_ref *block, uint64_t asked_us);

/* In: block, no higher than what it reports, or it denies it. */
enum voter_stand voter_stand(const struct voter *voter, const struct block_ref *block);

/* Who votes on what. */
struct ballot {
    struct voter *voters; /* in order of preference */
    size_t n;
    uint64_t since_us;             /* reports to questions asked before do not count */
    const struct block_ref *known; /* what the vote before came to, or NULL */
    uint64_t moved_us;             /* since when it has been known; 0: the vote does not say */
    bool lowest;                   /* without a majority the lowest report is the safest */
};

struct verdict {
    struct block_ref block;
    uint64_t asked_us; /* more than half of the voters were asked at this time or later */
};

/* Returns false while no block has a majority. */
bool vote_decide(struct verdict *out, const struct ballot *ballot);

/* Returns true when answers of voters could make a majority. Out: the block that it would be for. Those who are to be
 * asked for their block of its number are those for whom vote_is_asked returns true. */
bool vote_open_question(struct block_ref *out, const struct ballot *ballot);
bool vote_is_asked(const struct ballot *ballot, size_t voter, const struct block_ref *block);

/* When all have reported who will, and there is still no majority: the known block, while a voter supports it; of two
 * voters, the report of the one that does. Else the most preferred voter's report. Where the ballot says so, the lowest
 * report in place of all this. Returns false when there is none. */
bool vote_fall_back(struct verdict *out, const struct ballot *ballot);

/* Out: the highest number that more than half of those who count say they have come to, whatever their blocks are.
 * Returns false while no more than half of them have reported. */
bool vote_reached(uint64_t *number, const struct ballot *ballot);

/* More than 3 blocks, and more than 10 s of the blocks' time: some chains make four blocks a second. */
bool vote_lags(const struct block_ref *block, const struct block_ref *head);

#endif
