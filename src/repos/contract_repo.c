/* Contracts as rows. A change locks the contract's row first, compares, and writes: whoever comes meanwhile waits and
 * sees what has become of it. What is given lives in the task's arena; its coroutine. */
#include "repos/contract_repo.h"

#include <stdio.h>
#include <string.h>

#include "account_db.h"
#include "core/clock.h"
#include "contract_repo_sql.h"
#include "store.h"

enum { COLUMN_ABI = 12, MEMBERS_BYTES = 80 };

static const struct store contracts = {ERR_CONTRACTS_UNAVAILABLE, "the database of contracts cannot be reached"};

/* In: with_abi, it is selected too. */
static void read_contract(struct contract_row *out, struct pg_rows *rows, size_t row, bool with_abi) {
    *out = (struct contract_row){.id = pg_i32(rows, row, 0),
                                 .chain_id = (uint64_t)pg_i64(rows, row, 1),
                                 .address = pg_address(rows, row, 2),
                                 .name = pg_string(rows, row, 3),
                                 .version = pg_i64(rows, row, 4),
                                 .proxy = pg_bool(rows, row, 5),
                                 .has_implementation = !pg_is_null(rows, row, 6),
                                 .events = pg_bool(rows, row, 7),
                                 .has_from_block = !pg_is_null(rows, row, 8),
                                 .configured = pg_bool(rows, row, 9),
                                 .created_at = (uint64_t)pg_i64(rows, row, 10),
                                 .updated_at = (uint64_t)pg_i64(rows, row, 11)};
    if (out->has_implementation) out->implementation = pg_address(rows, row, 6);
    if (out->has_from_block) out->from_block = (uint64_t)pg_i64(rows, row, 8);
    if (with_abi) out->abi = pg_text(rows, row, COLUMN_ABI, &out->abi_len);
}

static enum err take_all(struct task *task, struct contract_row **out, size_t *n, struct pg_rows *rows, bool with_abi) {
    *n = rows->n;
    *out = arena_alloc(task->arena, rows->n * sizeof **out);
    if (*out == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < rows->n; i++) read_contract(&(*out)[i], rows, i, with_abi);
    return pg_rows_check(task, rows);
}

static enum err not_found(struct task *task, const address *contract) {
    char text[ADDRESS_TEXT_BYTES];
    return task_fail(task, ERR_CONTRACT_NOT_FOUND, "no contract is registered at %s", address_format(text, contract));
}

static enum err take_one(struct task *task, struct contract_row *out, struct pg_rows *rows, const address *contract) {
    if (rows->n == 0) return not_found(task, contract);
    read_contract(out, rows, 0, true);
    return pg_rows_check(task, rows);
}

static void param_key(struct pg_params *params, uint64_t chain_id, const address *contract) {
    pg_param_i64(params, (int64_t)chain_id);
    pg_param_address(params, contract);
}

enum err contract_repo_get(struct task *task, struct contract_row *out, uint64_t chain_id, const address *contract) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    param_key(&params, chain_id, contract);
    enum err err = store_read(task, &contracts, &rows, &contract_repo_statements[CONTRACT_REPO_GET], &params);
    return err == ERR_OK ? take_one(task, out, &rows, contract) : err;
}

/* A contract as it is to be. */
struct putting {
    struct contract_row *out;
    bool *created;
    const struct contract_row *what;
    const int64_t *versions; /* that it may have */
    size_t n_versions;       /* 0: any */
    const struct audit_actor *by;
    char members[MEMBERS_BYTES]; /* what changes, comma-separated */
};

static enum err check_version(struct task *task, const struct putting *putting, int64_t version) {
    bool right = putting->n_versions == 0;
    for (size_t i = 0; i < putting->n_versions; i++) right = right || putting->versions[i] == version;
    if (right) return ERR_OK;
    return version == 0
               ? task_fail(task, ERR_PRECONDITION_FAILED, "the contract is not registered")
               : task_fail(task, ERR_PRECONDITION_FAILED, "the contract's version is %lld", (long long)version);
}

static bool same_text(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_abi(const struct contract_row *a, const struct contract_row *b) {
    return a->abi != NULL && b->abi != NULL && a->abi_len == b->abi_len && memcmp(a->abi, b->abi, a->abi_len) == 0;
}

static bool same_implementation(const struct contract_row *a, const struct contract_row *b) {
    return a->has_implementation == b->has_implementation &&
           (!a->has_implementation || address_equal(&a->implementation, &b->implementation));
}

static bool same_from_block(const struct contract_row *a, const struct contract_row *b) {
    return a->has_from_block == b->has_from_block && (!a->has_from_block || a->from_block == b->from_block);
}

/* In: from, NULL of one that is new: then all that is set has changed. */
static void note_changes(struct putting *putting, const struct contract_row *from) {
    static const struct contract_row nothing = {0};
    const struct contract_row *a = from != NULL ? from : &nothing, *b = putting->what;
    const struct {
        const char *member;
        bool changes;
    } rows[] = {
        {"abi", !same_abi(a, b)},
        {"name", !same_text(a->name, b->name)},
        {"proxy", a->proxy != b->proxy},
        {"implementation", !same_implementation(a, b)},
        {"events", a->events != b->events},
        {"from_block", !same_from_block(a, b)},
        {"configured", a->configured != b->configured},
    };
    size_t len = 0;
    *putting->members = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].changes) continue;
        len += (size_t)snprintf(putting->members + len, sizeof putting->members - len, "%s%s", len > 0 ? "," : "",
                                rows[i].member);
    }
}

static void param_log(struct pg_params *params, const struct audit_actor *by) {
    static const struct audit_actor configuration = {.user = NULL};
    account_param_log(params, by != NULL ? by : &configuration);
}

static void param_contract(struct pg_params *params, const struct contract_row *what) {
    param_key(params, what->chain_id, &what->address);
    pg_param_text(params, what->name);
    pg_param_bytes(params, what->abi, what->abi_len);
    pg_param_bool(params, what->proxy);
    if (what->has_implementation) {
        pg_param_address(params, &what->implementation);
    } else {
        pg_param_null(params);
    }
    pg_param_bool(params, what->events);
    if (what->has_from_block) {
        pg_param_i64(params, (int64_t)what->from_block);
    } else {
        pg_param_null(params);
    }
    pg_param_bool(params, what->configured);
}

/* Out: *written, false when another has registered it first. */
static enum err write_contract(struct task *task, struct pg_session *session, bool *written,
                               enum contract_repo_statement statement, const struct putting *putting) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    param_log(&params, putting->by);
    param_contract(&params, putting->what);
    pg_param_text(&params, putting->members);
    enum err err = pg_session_query(task, session, &rows, &contract_repo_statements[statement], &params);
    *written = err == ERR_OK && rows.n > 0;
    return *written ? take_one(task, putting->out, &rows, &putting->what->address) : err;
}

/* Locks it. Out: *found. */
static enum err lock_contract(struct task *task, struct pg_session *session, struct contract_row *out, bool *found,
                              const struct contract_row *what) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    param_key(&params, what->chain_id, &what->address);
    enum err err = pg_session_query(task, session, &rows, &contract_repo_statements[CONTRACT_REPO_LOCK], &params);
    *found = err == ERR_OK && rows.n > 0;
    return *found ? take_one(task, out, &rows, &what->address) : err;
}

/* What the configuration says is changed there. */
static enum err check_owner(struct task *task, const struct contract_row *contract, const struct audit_actor *by) {
    if (by == NULL || !contract->configured) return ERR_OK;
    return task_fail(task, ERR_CONTRACT_CONFIGURED, "the contract stands in the configuration: change it there");
}

static enum err create_contract(struct task *task, struct pg_session *session, struct putting *putting) {
    enum err err = check_version(task, putting, 0);
    if (err != ERR_OK) return err;
    note_changes(putting, NULL);
    return write_contract(task, session, putting->created, CONTRACT_REPO_CREATE, putting);
}

/* What is as it is to be keeps its version: the configuration is registered at every start. */
static enum err update_contract(struct task *task, struct pg_session *session, struct putting *putting) {
    bool written;
    enum err err = check_owner(task, putting->out, putting->by);
    if (err == ERR_OK) err = check_version(task, putting, putting->out->version);
    if (err != ERR_OK) return err;
    note_changes(putting, putting->out);
    if (*putting->members == '\0') return ERR_OK;
    return write_contract(task, session, &written, CONTRACT_REPO_UPDATE, putting);
}

/* Two may find that it is not there; the second one's insertion waits for the first, and it then finds it. */
static enum err put_contract(struct task *task, struct pg_session *session, void *arg) {
    struct putting *putting = arg;
    bool found;
    *putting->created = false;
    enum err err = lock_contract(task, session, putting->out, &found, putting->what);
    if (err == ERR_OK && !found) {
        err = create_contract(task, session, putting);
        if (err != ERR_OK || *putting->created) return err;
        err = lock_contract(task, session, putting->out, &found, putting->what);
    }
    if (err == ERR_OK && !found) return task_fail(task, ERR_PRECONDITION_FAILED, "the contract is being changed");
    return err == ERR_OK ? update_contract(task, session, putting) : err;
}

enum err contract_repo_put(struct task *task, struct contract_row *out, bool *created, const struct contract_row *what,
                           const int64_t *versions, size_t n, const struct audit_actor *by) {
    struct putting putting = {
        .out = out, .created = created, .what = what, .versions = versions, .n_versions = n, .by = by};
    return store_transaction(task, &contracts, put_contract, &putting);
}

static enum err delete_contract(struct task *task, struct pg_session *session, void *arg) {
    const struct putting *putting = arg;
    const struct contract_row *what = putting->what;
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    bool found;
    enum err err = lock_contract(task, session, putting->out, &found, what);
    if (err == ERR_OK && !found) return not_found(task, &what->address);
    if (err == ERR_OK) err = check_owner(task, putting->out, putting->by);
    if (err == ERR_OK) err = check_version(task, putting, putting->out->version);
    if (err != ERR_OK) return err;
    param_log(&params, putting->by);
    param_key(&params, what->chain_id, &what->address);
    return pg_session_query(task, session, &rows, &contract_repo_statements[CONTRACT_REPO_DELETE], &params);
}

enum err contract_repo_delete(struct task *task, uint64_t chain_id, const address *contract, const int64_t *versions,
                              size_t n, const struct audit_actor *by) {
    const struct contract_row what = {.chain_id = chain_id, .address = *contract};
    struct contract_row before;
    struct putting putting = {.out = &before, .what = &what, .versions = versions, .n_versions = n, .by = by};
    return store_transaction(task, &contracts, delete_contract, &putting);
}

enum err contract_repo_page(struct task *task, struct contract_row **out, size_t *n, bool *more, uint64_t chain_id,
                            const address *after, size_t limit) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)chain_id);
    pg_param_bytes(&params, after != NULL ? after->bytes : NULL, after != NULL ? sizeof after->bytes : 0);
    pg_param_i64(&params, (int64_t)limit + 1);
    enum err err = store_read(task, &contracts, &rows, &contract_repo_statements[CONTRACT_REPO_PAGE], &params);
    if (err != ERR_OK) return err;
    *more = rows.n > limit;
    if (*more) rows.n = limit;
    return take_all(task, out, n, &rows, false);
}

static enum err read_rows(struct task *task, struct pg_session *session, struct pg_rows *rows,
                          enum contract_repo_statement statement, const struct pg_params *params) {
    return session != NULL ? pg_session_query(task, session, rows, &contract_repo_statements[statement], params)
                           : store_read(task, &contracts, rows, &contract_repo_statements[statement], params);
}

enum err contract_repo_indexed(struct task *task, struct pg_session *session, struct contract_row **out, size_t *n,
                               uint64_t chain_id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)chain_id);
    enum err err = read_rows(task, session, &rows, CONTRACT_REPO_INDEXED, &params);
    return err == ERR_OK ? take_all(task, out, n, &rows, false) : err;
}

static enum err find_rows(struct task *task, struct pg_session *session, struct pg_rows *rows,
                          enum contract_repo_statement statement, uint64_t chain_id, const address *addresses,
                          size_t n) {
    struct pg_params params = {.n = 0};
    pg_param_i64(&params, (int64_t)chain_id);
    if (!pg_param_bytes_array(task, &params, addresses, n, sizeof *addresses)) return task_fail_memory(task);
    return read_rows(task, session, rows, statement, &params);
}

enum err contract_repo_find(struct task *task, struct pg_session *session, struct contract_row **out, size_t *n,
                            uint64_t chain_id, const address *addresses, size_t n_addresses) {
    struct pg_rows rows;
    enum err err = find_rows(task, session, &rows, CONTRACT_REPO_FIND, chain_id, addresses, n_addresses);
    return err == ERR_OK ? take_all(task, out, n, &rows, true) : err;
}

enum err contract_repo_versions(struct task *task, struct contract_row **out, size_t *n, uint64_t chain_id,
                                const address *addresses, size_t n_addresses) {
    struct pg_rows rows;
    enum err err = find_rows(task, NULL, &rows, CONTRACT_REPO_VERSIONS, chain_id, addresses, n_addresses);
    return err == ERR_OK ? take_all(task, out, n, &rows, false) : err;
}

enum err contract_repo_set_implementation(struct task *task, uint64_t chain_id, const address *contract,
                                          const address *implementation) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)clock_wall_s());
    param_key(&params, chain_id, contract);
    if (implementation != NULL) {
        pg_param_address(&params, implementation);
    } else {
        pg_param_null(&params);
    }
    return store_change(task, &contracts, &rows, &contract_repo_statements[CONTRACT_REPO_SET_IMPLEMENTATION], &params);
}

enum err contract_repo_keep_configured(struct task *task, uint64_t chain_id, const address *addresses, size_t n) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)chain_id);
    if (!pg_param_bytes_array(task, &params, addresses, n, sizeof *addresses)) return task_fail_memory(task);
    return store_change(task, &contracts, &rows, &contract_repo_statements[CONTRACT_REPO_KEEP_CONFIGURED], &params);
}
