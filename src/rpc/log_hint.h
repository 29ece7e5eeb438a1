/* What a node that refuses a range of blocks says would do. Reads untrusted text; pure function, any thread. */
#ifndef DAPPD_RPC_LOG_HINT_H
#define DAPPD_RPC_LOG_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_hint {
    bool too_many_blocks; /* whatever is in them; else there is too much in these */
    uint64_t max_blocks;  /* that it gives at once; 0: it does not say */
    uint64_t to;          /* the last block of a range that it suggests; 0: none */
};

/* In: the text of an error that means RPC_TOO_LARGE; from and to of the range that was asked for. */
struct log_hint log_hint_read(const char *text, size_t len, uint64_t from, uint64_t to);

#endif
