/* What abi_store knows, for all reactors: contracts by (chain, address), with their ABIs, and addresses at which none
 * is registered. One mutex, never held over a wait; any thread. */
#ifndef DAPPD_SERVICES_ABI_TABLE_H
#define DAPPD_SERVICES_ABI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "eth/address.h"
#include "services/abi_store.h"

/* Constant once it is in the table, but for what the table says of it. */
struct abi_entry {
    uint64_t chain_id;
    address address;
    bool registered; /* false: what follows means nothing */
    int32_t id;      /* of the row: one that is registered anew has another */
    int64_t version; /* of the row it was made from; 0: of none that will be there again */
    bool proxy;
    bool has_implementation;
    struct address implementation;
    struct known_contract contract;
    struct arena *arena; /* of the ABI and the name; NULL: none. The entry's */

    struct abi_entry *next; /* the table's, from here on */
    struct abi_entry *older, *newer;
    unsigned holders;
    bool listed;
    uint64_t checked_ms; /* when it was known to be true; 0: it is in doubt */
    uint64_t looked_ms;  /* when its proxy's slots were last read */
    size_t bytes;
};

struct abi_table;

/* In: max_bytes, of entries that nobody holds. */
struct abi_table *abi_table_new(size_t max_bytes);
void abi_table_free(struct abi_table *table);

/* Returns it, held, or NULL. Out: *checked_ms. */
const struct abi_entry *abi_table_hold(struct abi_table *table, uint64_t chain_id, const address *address,
                                       uint64_t *checked_ms);
void abi_table_release(struct abi_table *table, const struct abi_entry *entry);

/* Counts what was put in doubt: whoever asks the database notes it before. */
uint64_t abi_table_doubts(struct abi_table *table);

/* What the database said at that moment: a new entry, of malloc, which becomes the table's, takes the place of the one
 * before and is held; or that the entry there is still true. It is in doubt at once if doubts have come since. */
void abi_table_put_take(struct abi_table *table, struct abi_entry *entry, uint64_t checked_ms, uint64_t doubts);
void abi_table_confirm(struct abi_table *table, const struct abi_entry *entry, uint64_t checked_ms, uint64_t doubts);

/* The entry, and those of its proxies, are no longer known to be true. */
void abi_table_doubt(struct abi_table *table, uint64_t chain_id, const address *address);

/* Returns true when nobody has looked at this proxy's slots for that long: then it is the caller who does. */
bool abi_table_claim_look(struct abi_table *table, const struct abi_entry *entry, uint64_t now_ms, uint64_t every_ms);

#endif
