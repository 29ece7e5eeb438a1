/* Who has signed a message, and whether it may be taken: cheap checks first, and nothing is spent or kept when one
 * fails. Owns nothing; the task's coroutine. */
#include <inttypes.h>
#include <string.h>

#include "core/clock.h"
#include "eth/signature.h"
#include "services/chain_service.h"
#include "services/sign_in_service.h"
#include "sign_in_rules.h"
#include "signature_service.h"

static enum err find_chain(struct task *task, const struct auth *auth, struct chain **out, uint64_t id) {
    size_t i;
    enum err err = chain_service_find(task, auth->chains, auth->n_chains, id, &i);
    if (err != ERR_OK) return err;
    if (i < auth->n_chains) {
        *out = auth->chains[i];
        return ERR_OK;
    }
    return task_fail(task, ERR_CHAIN_NOT_SERVED, "chain %" PRIu64 " is not served; GET /chains lists those that are",
                     id);
}

static enum err read_nonce(struct task *task, const struct auth *auth, struct nonce *out,
                           const struct siwe_message *message, uint64_t now_s) {
    if (nonce_read(out, auth->ring, message->nonce.p, message->nonce.len) != ERR_OK) {
        return task_fail(task, ERR_INVALID_NONCE, "the nonce was not made here; GET /auth/nonce gives one");
    }
    return sign_in_check_nonce(task, message, out, now_s);
}

static enum err parse(struct task *task, struct siwe_message *out, const char *text, size_t len) {
    char problem[SIWE_PROBLEM_BYTES];
    enum err err = siwe_parse(out, problem, text, len);
    return err == ERR_OK ? ERR_OK : task_fail(task, err, "%s", problem);
}

/* All but the signature. Out: chain, the message's. */
static enum err check_message(struct task *task, const struct auth *auth, struct chain **chain, struct nonce *nonce,
                              const struct siwe_message *message) {
    uint64_t now_s = clock_wall_s();
    enum err err = sign_in_check_domain(task, message, auth->domains);
    if (err == ERR_OK) err = sign_in_check_uri(task, message);
    if (err == ERR_OK) err = find_chain(task, auth, chain, message->chain_id);
    if (err == ERR_OK) err = sign_in_check_times(task, message, now_s);
    if (err == ERR_OK) err = read_nonce(task, auth, nonce, message, now_s);
    return err;
}

enum err sign_in_prove(struct task *task, struct auth *auth, struct proof *out, const char *message, size_t message_len,
                       const uint8_t *signature, size_t signature_len) {
    struct siwe_message said;
    struct source source = {.cache = auth->cache};
    hash32 hash;
    enum err err = sign_in_check_configured(task, auth->domains);
    if (err == ERR_OK) err = parse(task, &said, message, message_len);
    if (err == ERR_OK) err = check_message(task, auth, &source.chain, &out->nonce, &said);
    if (err != ERR_OK) return err;

    message_hash(&hash, message, message_len);
    out->address = said.address;
    out->chain_id = said.chain_id;
    return signature_service_check(task, &source, &out->any_chain, &said.address, &hash, signature, signature_len);
}

enum err sign_in_spend(struct task *task, struct spending *out, const struct proof *proof) {
    if (proof->nonce.expires_s <= clock_wall_s()) {
        return task_fail(task, ERR_INVALID_NONCE, "the nonce expired while the signature was being checked");
    }
    *out = (struct spending){.expires_at_s = proof->nonce.expires_s + SIGN_IN_SKEW_S};
    memcpy(out->nonce, proof->nonce.id, sizeof out->nonce);
    return ERR_OK;
}
