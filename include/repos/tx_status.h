/* How the transactions of one chain are followed, for /status. Written by the follower; behind its own mutex, any
 * thread. Made and freed by app. */
#ifndef DAPPD_REPOS_TX_STATUS_H
#define DAPPD_REPOS_TX_STATUS_H

#include <stdbool.h>
#include <stdint.h>

struct tx_report {
    enum tx_following {
        TX_FOLLOWING_OFF,        /* this instance never does */
        TX_FOLLOWING_CONNECTING, /* to the database */
        TX_FOLLOWING_STANDBY,    /* another instance does */
        TX_FOLLOWING_HERE,
        TX_FOLLOWING_COUNT
    } following;
    bool has_open; /* this instance has counted them */
    uint64_t open; /* transactions whose state may still change */
};

struct tx_status;

struct tx_status *tx_status_new(void);
void tx_status_free(struct tx_status *status);
void tx_status_set(struct tx_status *status, const struct tx_report *report);
struct tx_report tx_status_get(struct tx_status *status);

/* "off", "connecting", "standby", "here". */
const char *tx_following_name(enum tx_following following);

#endif
