/* Feeds any text to the reader of estimates: what is read says where the transaction goes or what it creates, and what
 * is refused says why. Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "estimate_body.h"

enum { ARENA_BYTES = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    struct draft draft;
    char *text = malloc(size > 0 ? size : 1); /* exactly size bytes: no NUL to lean on */
    if (size > 0) memcpy(text, data, size);
    enum err err = estimate_body_parse(&task, &draft, (struct slice){text, size});
    free(text);
    if (err == ERR_OK) {
        uint8_t sum = 0;
        assert(draft.has_to || draft.data_len > 0);
        assert(draft.data_len <= size / 2);
        for (size_t i = 0; i < draft.data_len; i++) sum ^= draft.data[i]; /* all of it is there, and its own */
        (void)sum;
    } else {
        assert(task.fault.code == err && task.fault.detail[0] != '\0');
    }
    arena_free(task.arena);
    return 0;
}
