/* A log as the chain has it, whatever it means. Plain value. */
#ifndef DAPPD_ETH_EVENT_LOG_H
#define DAPPD_ETH_EVENT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "eth/transfer_log.h"

/* What of a log is read for what it means. */
enum {
    EVENT_MAX_DATA_BYTES = 256 * 1024, /* longer data is left alone */
    EVENT_MAX_ARGS_BYTES = 64 * 1024   /* of arguments as JSON; longer ones are left out */
};

struct event_log {
    struct log_place place;
    address contract;
    hash32 topics[LOG_MAX_TOPICS];
    unsigned n_topics;
    uint8_t *data; /* of whoever owns the log; NULL of none */
    size_t data_len;
};

#endif
