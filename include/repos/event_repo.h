/* Events of contracts as the index has them. Each statement sees one snapshot: rows and the block that they are true at
 * belong together. A list shows the same rows however the chain grows while its pages are read. The task's coroutine;
 * what is given lives in the task's arena. Errors: those of repos/pg.h. */
#ifndef DAPPD_REPOS_EVENT_REPO_H
#define DAPPD_REPOS_EVENT_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "eth/event_log.h"

/* Unset parts do not restrict. */
struct event_filter {
    uint64_t chain_id;
    address contract;
    uint64_t from_block;
    uint64_t to_block; /* inclusive; UINT64_MAX: the tip */
    bool has_topic[LOG_MAX_TOPICS];
    hash32 topics[LOG_MAX_TOPICS];
    const hash32 *signatures; /* topic0 is one of these; */
    size_t n_signatures;      /* 0: or any */
    const char *name;         /* that the log was read as; NULL: any, or none */
    bool newest_first;
};

struct event_row {
    struct event_log log; /* place.timestamp is known; without data */
    const uint8_t *data;  /* of the log */
    size_t data_len;
    int64_t abi_version; /* that it was read by: contract_abi_version */
    const char *name;    /* NULL: its ABI does not know it */
    const char *args;    /* JSON, not NUL-terminated; NULL: not known, or too long to be kept */
    size_t args_len;
};

struct event_page {
    bool has_tip;           /* false: this chain's index has nothing to serve yet; nothing else is set then */
    struct block_ref block; /* it is true at: the first page's block while it is on the chain, else the tip */
    bool is_missing;        /* the contract's events are not in the index, or not all of them yet */
    int64_t decoded;        /* all of the contract's events were read by this version; 0: not known */
    bool place_moved;       /* a reorg has replaced the block in which the page before ended */
    struct event_row *rows;
    size_t n_rows;
    bool more; /* there are rows behind the last */
};

enum { EVENT_PAGE_BYTES = 4 * 1024 * 1024 };

/* At most so many, and no more than EVENT_PAGE_BYTES of data and arguments, but always one. In: after, NULL for the
 * first page; limit, 1 to 1000. */
enum err event_repo_page(struct task *task, struct event_page *out, const struct event_filter *filter,
                         const struct list_place *after, size_t limit) MUST_CHECK;

#endif
