/* Whose signature it is. Owns nothing beyond a call. Runs on the task's coroutine.
 *
 * An account's own key is tried first, which asks nobody. ERC-6492 wants it tried last, for the sake of those who take
 * any address that recovers for the signer's: here it is compared with the one account that claims to have signed, and
 * whoever has that account's key speaks for it, with or without code there (EIP-7702). */
#include "signature_service.h"

#include "core/buf.h"
#include "eth/contract_signature.h"
#include "eth/signature.h"
#include "pinned.h"
#include "rpc/state.h"

enum { MAX_QUESTION_BYTES = 49152 /* EIP-3860 */ };

/* What the chain is asked, and its answer. */
struct question {
    enum state_kind kind;
    address to;
    struct buf data;
    struct state_read read;
};

/* Who refuses with a revert, or by using up the gas, has answered. */
static bool has_answered(const struct state_read *read) {
    return read->err == ERR_OK || read->err == ERR_EXECUTION_REVERTED;
}

static enum err ask_at(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct question *question = arg;
    struct state_read *read = &question->read;
    *read = (struct state_read){.kind = question->kind,
                                .to = question->to,
                                .data = (const uint8_t *)question->data.data,
                                .data_len = question->data.len};
    state_read_many(task, source->chain, block, read, 1);
    if (has_answered(read)) return ERR_OK;
    (void)task_fail(task, read->err, "%s", read->detail);
    task->fault.retry_after_s = read->retry_after_s;
    return read->err;
}

static enum err ask(struct task *task, const struct source *source, struct question *question) {
    static const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref block;
    if (question->data.failed) return task_fail(task, ERR_INTERNAL, "the question is too long");
    return pinned_read(task, source, &block, &latest, ask_at, question);
}

static bool says_yes(const struct state_read *read) {
    return read->err == ERR_OK && contract_signature_is_valid(read->bytes, read->len);
}

/* An account without code answers nothing. */
static bool says_nothing(const struct state_read *read) {
    return read->err == ERR_OK && read->len == 0;
}

static enum err mismatch(struct task *task, const address *account) {
    char text[ADDRESS_TEXT_BYTES];
    return task_fail(task, ERR_SIGNATURE_MISMATCH, "the signature is not that of %s", address_format(text, account));
}

/* The contract that the account will be, or is by now. */
static enum err check_wrapped(struct task *task, const struct source *source, const address *account,
                              const hash32 *hash, const uint8_t *signature, size_t len) {
    struct question question = {.kind = STATE_INIT_CODE};
    struct wrapped_signature wrapped;
    if (contract_signature_unwrap(&wrapped, signature, len) != ERR_OK) {
        return task_fail(task, ERR_INVALID_SIGNATURE, "the signature ends as ERC-6492 says but is not encoded so");
    }
    buf_init(&question.data, MAX_QUESTION_BYTES);
    contract_signature_encode_deployment(&question.data, account, hash, &wrapped);
    enum err err = ask(task, source, &question);
    buf_free(&question.data);
    if (err != ERR_OK) return err;
    return says_yes(&question.read) ? ERR_OK : mismatch(task, account);
}

/* The contract that the account is. It may take any bytes, none too: only where there is no contract can a signature
 * that no key has made be called malformed. */
static enum err check_contract(struct task *task, const struct source *source, const address *account,
                               const hash32 *hash, const uint8_t *signature, size_t len, bool made_by_a_key) {
    struct question question = {.kind = STATE_CALL, .to = *account};
    buf_init(&question.data, MAX_QUESTION_BYTES);
    contract_signature_encode(&question.data, hash, signature, len);
    enum err err = ask(task, source, &question);
    buf_free(&question.data);
    if (err != ERR_OK) return err;
    if (says_yes(&question.read)) return ERR_OK;
    if (made_by_a_key || !says_nothing(&question.read)) return mismatch(task, account);
    return task_fail(task, ERR_INVALID_SIGNATURE, "the account is no contract, and no key makes such a signature");
}

/* Returns false when no key can have made it. */
static bool recover(address *signer, const hash32 *hash, const uint8_t *data, size_t len) {
    struct signature signature;
    return signature_parse(&signature, data, len) == ERR_OK && signature_recover(signer, &signature, hash) == ERR_OK;
}

enum err signature_service_check(struct task *task, const struct source *source, bool *own_key, const address *account,
                                 const hash32 *hash, const uint8_t *signature, size_t len) {
    address signer;
    *own_key = false;
    if (len > CONTRACT_SIGNATURE_MAX_BYTES) {
        return task_fail(task, ERR_INVALID_SIGNATURE, "the signature has more than %d bytes",
                         CONTRACT_SIGNATURE_MAX_BYTES);
    }
    if (contract_signature_is_wrapped(signature, len)) {
        return check_wrapped(task, source, account, hash, signature, len);
    }
    bool made_by_a_key = recover(&signer, hash, signature, len);
    *own_key = made_by_a_key && address_equal(&signer, account);
    if (*own_key) return ERR_OK;
    return check_contract(task, source, account, hash, signature, len, made_by_a_key);
}
