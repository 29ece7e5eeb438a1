/* What may be answered of a list of transfers, and what is said when nothing may. Owns nothing.
 * The task's coroutine. */
#include "services/transfer_service.h"

#include "services/indexed.h"

static enum err check_head(struct task *task, const struct source *source, const struct transfer_filter *filter,
                           const struct list_place *after, const struct transfer_page *page) {
    struct block_ref block = page->block;
    char token[ADDRESS_TEXT_BYTES];
    enum err err = indexed_check_tip(task, source, page->has_tip, &block);
    if (err != ERR_OK) return err;
    if (page->token_missing) {
        return task_fail(task, ERR_NOT_INDEXED, "the index does not have the transfers of %s, or not all of them yet",
                         address_format(token, &filter->token));
    }
    if (page->place_moved) {
        return task_fail(
            task, ERR_CURSOR_EXPIRED,
            "block %llu, in which the page before ended, is no longer on the chain: begin without a cursor",
            (unsigned long long)after->block_number);
    }
    return ERR_OK;
}

enum err transfer_service_page(struct task *task, const struct source *source, struct transfer_page *out,
                               struct transfer_filter *filter, const struct list_place *after, size_t limit) {
    enum err err = indexed_begin(task, source, &filter->chain_id);
    if (err == ERR_OK) err = transfer_repo_page(task, out, filter, after, limit);
    return err != ERR_OK ? err : check_head(task, source, filter, after, out);
}

struct export {
    const struct source *source;
    const struct transfer_filter *filter;
    const struct list_place *after;
    const struct transfer_sink *sink;
};

static enum err begin(struct task *task, void *arg, const struct transfer_page *head) {
    const struct export *export = arg;
    enum err err = check_head(task, export->source, export->filter, export->after, head);
    return err != ERR_OK ? err : export->sink->begin(task, export->sink->arg, head);
}

static enum err row(struct task *task, void *arg, const struct transfer_row *transfer) {
    const struct export *export = arg;
    return export->sink->row(task, export->sink->arg, transfer);
}

enum err transfer_service_export(struct task *task, const struct source *source, struct transfer_filter *filter,
                                 const struct list_place *after, const struct transfer_sink *sink) {
    struct export export = {.source = source, .filter = filter, .after = after, .sink = sink};
    const struct transfer_sink checked = {.begin = begin, .row = row, .arg = &export};
    enum err err = indexed_begin(task, source, &filter->chain_id);
    return err != ERR_OK ? err : transfer_repo_export(task, filter, after, &checked);
}
