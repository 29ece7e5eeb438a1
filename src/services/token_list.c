/* Pages of tokens. Memory is the task's arena.
 * The task's coroutine. */
#include "services/token_list.h"

#include "services/indexed.h"

enum err token_list_get(struct task *task, const struct source *source, struct token_page *out, const address *after,
                        size_t limit) {
    uint64_t id;
    enum err err = indexed_begin(task, source, &id);
    if (err == ERR_OK) err = token_repo_page(task, out, id, after, limit);
    return err != ERR_OK ? err : indexed_check_tip(task, source, out->has_tip, &out->tip);
}
