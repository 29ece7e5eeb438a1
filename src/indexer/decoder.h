/* What the logs of registered contracts mean, by the ABIs that the database has of them. Owned by the indexer; its
 * coroutine. */
#ifndef DAPPD_INDEXER_DECODER_H
#define DAPPD_INDEXER_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/task.h"
#include "eth/event_log.h"
#include "repos/contract_repo.h"
#include "repos/index_writer.h"

struct known_abi;

struct decoder {
    struct known_abi *known; /* by address */
    size_t n;
    size_t cap;
    size_t text_bytes; /* of the ABIs that are known, as they were registered */
    struct buf args;   /* of the log that was read last */
};

void decoder_init(struct decoder *decoder);
void decoder_free(struct decoder *decoder);

/* Forgets what has been registered: of one contract, or of all. */
void decoder_forget(struct decoder *decoder, const address *contract);
void decoder_clear(struct decoder *decoder);

/* Learns the ABIs of the contracts that these logs are of. In: session, the writer's. Errors: those of repos/pg.h. */
enum err decoder_prepare(struct task *task, struct decoder *decoder, struct pg_session *session, uint64_t chain_id,
                         const struct event_log *events, size_t n) MUST_CHECK;

/* Reads logs by what was learned. */
struct event_reader decoder_reader(struct decoder *decoder);

/* By which version of its ABI a contract's logs are read; 0: nothing is registered, or nothing was learned. */
int64_t decoder_version(const struct decoder *decoder, const address *contract);

#endif
