/* How the index of one chain is, for /status, metrics and the routes that need it. Written by the indexer, or by the
 * watch of an instance that does not index; behind its own mutex, any thread. Made and freed by app. */
#ifndef DAPPD_REPOS_INDEX_STATUS_H
#define DAPPD_REPOS_INDEX_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum index_phase {
    INDEX_OFF,        /* nothing of this chain is to be indexed, as far as is known */
    INDEX_CONNECTING, /* to the database */
    INDEX_STANDBY,    /* another instance indexes this chain, or nobody does yet */
    INDEX_BACKFILL,   /* reading history */
    INDEX_BUILDING,   /* history is read: balances are derived, indexes built */
    INDEX_FOLLOWING,  /* at the head */
    INDEX_HALTED,     /* stopped for good, see halted */
    INDEX_PHASE_COUNT
};

enum { INDEX_HALTED_BYTES = 256 };

struct index_report {
    enum index_phase phase;
    bool indexing_here;  /* this instance writes */
    bool has_tip;        /* there is something to serve */
    uint64_t tip;        /* block that what is served is true at */
    uint64_t next_block; /* of a backfill: everything below has been read */
    uint64_t target;     /* of a backfill: its last block */
    uint64_t logs;       /* transfers and events written by this process */
    uint64_t logs_per_s; /* lately */
    uint64_t eta_s;      /* of a backfill; 0: not known */
    uint64_t odd_logs;   /* set aside by this process */
    uint64_t reorgs;     /* rolled back by this process */
    char halted[INDEX_HALTED_BYTES];
};

struct index_status;

struct index_status *index_status_new(void);
void index_status_free(struct index_status *status);
void index_status_set(struct index_status *status, const struct index_report *report);
struct index_report index_status_get(struct index_status *status);

/* "off", "connecting", "standby", "backfill", "building", "following", "halted". */
const char *index_phase_name(enum index_phase phase);

#endif
