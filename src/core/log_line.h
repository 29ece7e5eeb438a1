/* One log event as a line of text. Plain values; any thread. */
#ifndef DAPPD_CORE_LOG_LINE_H
#define DAPPD_CORE_LOG_LINE_H

#include "core/log.h"

/* Also the most a pipe takes in one piece (PIPE_BUF): a write of whole lines up to it is never torn. */
enum { LOG_LINE_BYTES = 4096 };

enum log_style { LOG_STYLE_JSON, LOG_STYLE_TEXT, LOG_STYLE_COLOUR };

struct log_event {
    uint64_t wall_us;
    enum log_module module;
    enum log_level level;
    const char *message;
    const struct log_field *fields; /* fields[0] is a filler */
    size_t n_fields;
};

extern const char *const log_level_names[LOG_LEVEL_COUNT];
extern const char *const log_module_names[LOG_MODULE_COUNT];

/* Writes the event and a newline. Texts that do not fit are cut, which the line then says. Returns the length. */
size_t log_line_format(char out[LOG_LINE_BYTES], enum log_style style, const struct log_event *event);

#endif
