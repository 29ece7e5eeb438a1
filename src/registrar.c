/* The coroutine that registers: chain by chain, contract by contract. One that cannot be registered, such as one that
 * is not deployed yet, keeps no other from it. Owned by whoever started it; the reactor's thread. */
#include "registrar.h"

#include <stdlib.h>

#include "core/log.h"
#include "indexer/job.h"
#include "services/contract_service.h"

enum { FIRST_PAUSE_MS = 1000, LAST_PAUSE_MS = 30 * 1000, LIMIT_MS = 10 * 1000, ARENA_BYTES = 64 * 1024 * 1024 };

struct registrar {
    const struct app *app;
    bool *done; /* of each chain */
    struct job job;
};

static struct source source_of(const struct registrar *registrar, size_t i) {
    const struct app *app = registrar->app;
    return (struct source){.chain = app->chains[i], .cache = app->cache, .index = app->index_status[i]};
}

static bool register_one(struct registrar *registrar, const struct source *source, const struct contract_wish *wish) {
    char text[ADDRESS_TEXT_BYTES];
    struct task *task = job_begin(&registrar->job, LIMIT_MS);
    enum err err = contract_service_configure(task, registrar->app->abis, source, wish);
    if (err != ERR_OK && !registrar->job.ending) {
        log_write(LOG_DB, LOG_WARN, "a contract of the configuration is not registered yet",
                  LOG_STR("chain", chain_name(source->chain)),
                  LOG_STR("contract", address_format(text, &wish->address)), LOG_STR("reason", task->fault.detail));
    }
    return err == ERR_OK;
}

static bool release_others(struct registrar *registrar, const struct source *source,
                           const struct configured_contracts *contracts) {
    struct task *task = job_begin(&registrar->job, LIMIT_MS);
    enum err err = contract_service_keep_configured(task, source, contracts->list, contracts->n);
    if (err != ERR_OK && !registrar->job.ending) {
        log_write(LOG_DB, LOG_WARN, "contracts that are configured no more were not released",
                  LOG_STR("chain", chain_name(source->chain)), LOG_STR("reason", task->fault.detail));
    }
    return err == ERR_OK;
}

/* Returns true when there is nothing left to do for the chain. Where nothing is to be registered, no node is asked for
 * the chain's id: it will be known once somebody else has asked. */
static bool register_chain(struct registrar *registrar, size_t i) {
    const struct configured_contracts *contracts = &registrar->app->config->contracts[i];
    const struct source source = source_of(registrar, i);
    if (contracts->n == 0 && chain_id(source.chain) == 0) return false;
    bool done = release_others(registrar, &source, contracts);
    for (size_t j = 0; j < contracts->n && !registrar->job.ending; j++) {
        done = register_one(registrar, &source, &contracts->list[j]) && done;
    }
    return done;
}

static bool register_all(struct registrar *registrar) {
    bool done = true;
    for (size_t i = 0; i < registrar->app->n_chains && !registrar->job.ending; i++) {
        if (!registrar->done[i]) registrar->done[i] = register_chain(registrar, i);
        done = done && registrar->done[i];
    }
    return done;
}

static void run(void *arg) {
    struct registrar *registrar = arg;
    uint64_t pause_ms = FIRST_PAUSE_MS;
    while (!register_all(registrar) && !registrar->job.ending) {
        job_rest(&registrar->job, pause_ms);
        pause_ms = 2 * pause_ms < LAST_PAUSE_MS ? 2 * pause_ms : LAST_PAUSE_MS;
    }
    arena_reset(registrar->job.arena); /* what was read for it is of no use to anybody any more */
}

struct registrar *registrar_start(struct reactor *reactor, const struct app *app) {
    struct registrar *registrar = calloc(1, sizeof *registrar);
    bool *done = calloc(app->n_chains, sizeof *done);
    if (registrar == NULL || done == NULL) abort();
    *registrar = (struct registrar){.app = app, .done = done};
    job_init(&registrar->job, reactor, "registrar", ARENA_BYTES);
    job_start(&registrar->job, run, registrar);
    return registrar;
}

void registrar_stop(struct registrar *registrar) {
    job_stop(&registrar->job);
}

void registrar_free(struct registrar *registrar) {
    if (registrar == NULL) return;
    job_free(&registrar->job);
    free(registrar->done);
    free(registrar);
}
