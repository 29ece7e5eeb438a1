/* What may be answered of a contract's events, and what is said when nothing may. Memory is the task's arena; the
 * task's coroutine. */
#include "services/event_service.h"

#include <string.h>

#include "core/buf.h"
#include "eth/abi_log.h"
#include "event_choice.h"
#include "services/indexed.h"

static enum err check_head(struct task *task, const struct source *source, const struct event_filter *filter,
                           const struct list_place *after, const struct event_page *page, int64_t abi_version) {
    struct block_ref block = page->block;
    char text[ADDRESS_TEXT_BYTES];
    enum err err = indexed_check_tip(task, source, page->has_tip, &block);
    if (err != ERR_OK) return err;
    if (page->is_missing) {
        return task_fail(task, ERR_NOT_INDEXED, "the index does not have the events of %s, or not all of them yet",
                         address_format(text, &filter->contract));
    }
    if (filter->name != NULL && page->decoded != abi_version) {
        return task_fail(task, ERR_NOT_INDEXED, "the events of %s are being read anew, and nothing else tells of %s",
                         address_format(text, &filter->contract), filter->name);
    }
    if (!page->place_moved) return ERR_OK;
    return task_fail(task, ERR_CURSOR_EXPIRED,
                     "block %llu, in which the page before ended, is no longer on the chain: begin without a cursor",
                     (unsigned long long)after->block_number);
}

/* What an earlier ABI has made of a row is not what it means now: the index comes to it later. */
static enum err read_anew(struct task *task, struct event_row *row, const struct abi *abi) {
    const struct event_log *log = &row->log;
    struct buf args;
    row->name = row->args = NULL;
    row->args_len = 0;
    if (row->data_len > EVENT_MAX_DATA_BYTES) return ERR_OK;
    buf_init(&args, EVENT_MAX_ARGS_BYTES);
    const struct abi_item *event = abi_read_log(&args, abi, log->topics, log->n_topics, row->data, row->data_len);
    if (event != NULL) row->name = event->name;
    if (event != NULL && args.len > 0) {
        row->args = arena_strndup(task->arena, args.data, args.len);
        row->args_len = args.len;
    }
    buf_free(&args);
    return row->args == NULL && row->args_len > 0 ? task_fail_memory(task) : ERR_OK;
}

static enum err bring_up_to_date(struct task *task, struct event_page *page, const struct known_contract *known) {
    enum err err = ERR_OK;
    for (size_t i = 0; i < page->n_rows && err == ERR_OK; i++) {
        struct event_row *row = &page->rows[i];
        if (row->abi_version != known->abi_version) err = read_anew(task, row, known->abi);
    }
    return err;
}

/* Rows have the event's name alone. */
static const char *find_signature(const struct event_row *row, const struct abi *abi) {
    const struct abi_item *event = NULL;
    if (row->name == NULL) return NULL;
    while ((event = abi_next_named(abi, ABI_ITEM_EVENT, row->name, strlen(row->name), event)) != NULL) {
        if (event->anonymous) return event->signature;
        if (row->log.n_topics > 0 && hash32_equal(&event->hash, &row->log.topics[0])) return event->signature;
    }
    return NULL;
}

static enum err add_signatures(struct task *task, struct event_list *out, const struct abi *abi) {
    out->signatures = arena_alloc(task->arena, out->page.n_rows * sizeof *out->signatures);
    if (out->signatures == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < out->page.n_rows; i++) out->signatures[i] = find_signature(&out->page.rows[i], abi);
    return ERR_OK;
}

enum err event_service_page(struct task *task, struct abi_store *store, const struct source *source,
                            struct event_list *out, struct event_question *question, const struct list_place *after,
                            size_t limit) {
    struct event_filter *filter = &question->filter;
    const struct known_contract *known;
    enum err err = indexed_begin(task, source, &filter->chain_id);
    if (err == ERR_OK) err = abi_store_get(task, store, source, &known, &filter->contract);
    if (err == ERR_OK) err = event_choice_make(task, question, known->abi);
    if (err == ERR_OK) err = event_repo_page(task, &out->page, filter, after, limit);
    if (err == ERR_OK) err = check_head(task, source, filter, after, &out->page, known->abi_version);
    if (err == ERR_OK) err = bring_up_to_date(task, &out->page, known);
    return err == ERR_OK ? add_signatures(task, out, known->abi) : err;
}
