/* An ABI is parsed once for each version of it, and kept in an arena of its own until the contract's version changes or
 * the ABIs come to too much. Owned by the indexer.
 * On the indexer's coroutine. */
#include "decoder.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "eth/abi_join.h"
#include "eth/abi_log.h"
#include "eth/abi_read.h"

enum {
    MAX_TEXT_BYTES = 16 * 1024 * 1024, /* of all ABIs, before those of a batch are added */
    ABI_ARENA_BYTES = 64 * 1024 * 1024
};

struct known_abi {
    address contract;
    int64_t version;
    const struct abi *abi; /* with its implementation's, where it is a proxy; NULL: there is none */
    struct arena *arena;   /* that it lives in */
    size_t text_bytes;
};

void decoder_init(struct decoder *decoder) {
    *decoder = (struct decoder){.n = 0};
    buf_init(&decoder->args, EVENT_MAX_ARGS_BYTES);
}

void decoder_clear(struct decoder *decoder) {
    for (size_t i = 0; i < decoder->n; i++) arena_free(decoder->known[i].arena);
    decoder->n = 0;
    decoder->text_bytes = 0;
}

void decoder_free(struct decoder *decoder) {
    decoder_clear(decoder);
    free(decoder->known);
    buf_free(&decoder->args);
}

static_assert(offsetof(struct known_abi, contract) == 0, "address_place needs it first");

/* Returns where the contract is, or would have to be. */
static size_t place_of(const struct decoder *decoder, const address *contract, bool *found) {
    return address_place(found, decoder->known, decoder->n, sizeof *decoder->known, contract);
}

static const struct known_abi *find(const struct decoder *decoder, const address *contract) {
    bool found;
    size_t at = place_of(decoder, contract, &found);
    return found ? &decoder->known[at] : NULL;
}

void decoder_forget(struct decoder *decoder, const address *contract) {
    bool found;
    size_t at = place_of(decoder, contract, &found);
    if (!found) return;
    decoder->text_bytes -= decoder->known[at].text_bytes;
    arena_free(decoder->known[at].arena);
    decoder->n--;
    memmove(decoder->known + at, decoder->known + at + 1, (decoder->n - at) * sizeof *decoder->known);
}

static void keep(struct decoder *decoder, const struct known_abi *known) {
    bool found;
    size_t at = place_of(decoder, &known->contract, &found);
    if (decoder->n == decoder->cap) {
        decoder->cap = decoder->cap == 0 ? 16 : 2 * decoder->cap;
        decoder->known = reallocarray(decoder->known, decoder->cap, sizeof *decoder->known);
        if (decoder->known == NULL) abort();
    }
    memmove(decoder->known + at + 1, decoder->known + at, (decoder->n - at) * sizeof *decoder->known);
    decoder->known[at] = *known;
    decoder->text_bytes += known->text_bytes;
    decoder->n++;
}

int64_t decoder_version(const struct decoder *decoder, const address *contract) {
    const struct known_abi *known = find(decoder, contract);
    return known != NULL ? known->version : 0;
}

/* What was accepted when it was registered can be read. */
static const struct abi *parse(struct known_abi *known, const struct contract_row *row) {
    static const struct abi nothing;
    const struct abi *abi;
    char problem[ABI_PROBLEM_BYTES], contract[ADDRESS_TEXT_BYTES];
    known->text_bytes += row->abi_len;
    if (abi_read_text(&abi, known->arena, problem, row->abi, row->abi_len) == ERR_OK) return abi;
    log_write(LOG_INDEX, LOG_WARN, "the ABI of a contract cannot be read",
              LOG_STR("contract", address_format(contract, &row->address)), LOG_STR("problem", problem));
    return &nothing;
}

static enum err find_row(struct task *task, struct pg_session *session, uint64_t chain_id, const address *contract,
                         const struct contract_row **out) {
    struct contract_row *rows;
    size_t n;
    enum err err = contract_repo_find(task, session, &rows, &n, chain_id, contract, 1);
    *out = err == ERR_OK && n > 0 ? rows : NULL;
    return err;
}

/* The proxy's row is read first: what its implementation has registered later makes the proxy's version another one, so
 * that it is read again. */
static enum err learn(struct task *task, struct decoder *decoder, struct pg_session *session, uint64_t chain_id,
                      const address *contract) {
    const struct contract_row *own, *behind = NULL;
    struct known_abi known = {.contract = *contract};
    enum err err = find_row(task, session, chain_id, contract, &own);
    if (err == ERR_OK && own != NULL && own->proxy && own->has_implementation) {
        err = find_row(task, session, chain_id, &own->implementation, &behind);
    }
    if (err != ERR_OK) return err;
    known.arena = arena_new(ABI_ARENA_BYTES);
    if (own != NULL) known.version = contract_abi_version(own->id, own->version);
    if (own != NULL) known.abi = parse(&known, own);
    if (behind != NULL) known.abi = abi_join(known.arena, known.abi, parse(&known, behind));
    keep(decoder, &known);
    return ERR_OK;
}

enum err decoder_prepare(struct task *task, struct decoder *decoder, struct pg_session *session, uint64_t chain_id,
                         const struct event_log *events, size_t n) {
    enum err err = ERR_OK;
    if (decoder->text_bytes > MAX_TEXT_BYTES) decoder_clear(decoder);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        if (i > 0 && address_equal(&events[i].contract, &events[i - 1].contract)) continue;
        if (find(decoder, &events[i].contract) != NULL) continue;
        err = learn(task, decoder, session, chain_id, &events[i].contract);
    }
    return err;
}

static void read_event(void *arg, struct event_reading *out, const struct event_log *log) {
    struct decoder *decoder = arg;
    const struct known_abi *known = find(decoder, &log->contract);
    *out = (struct event_reading){.version = known != NULL ? known->version : 0};
    buf_clear(&decoder->args);
    if (known == NULL || known->abi == NULL || log->data_len > EVENT_MAX_DATA_BYTES) return;
    const struct abi_item *event =
        abi_read_log(&decoder->args, known->abi, log->topics, log->n_topics, log->data, log->data_len);
    if (event == NULL) return;
    out->name = event->name;
    if (decoder->args.len == 0) return;
    out->args = decoder->args.data;
    out->args_len = decoder->args.len;
}

struct event_reader decoder_reader(struct decoder *decoder) {
    return (struct event_reader){read_event, decoder};
}
