/* Takes log lines off the threads that serve requests: callers append to a bounded buffer, a writer thread empties it.
 * Owns the two buffers and the writer thread, from log_start to log_stop.
 * Any thread calls in; the lock is held only to copy a line or to swap the buffers. */
#include "core/log.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "log_line.h"

enum {
    QUEUE_MAX_BYTES = 512 * 1024, /* each of two */
    QUEUE_KEEP_BYTES = 16 * 1024, /* a buffer that grew past it is given back once written */
    COALESCE_US = 5000,           /* under load, the time lines are gathered for before they are written */
    STOP_WAIT_S = 1
};

static atomic_int levels[LOG_MODULE_COUNT]; /* all LOG_ERROR before log_start */

/* QUEUED between log_start and log_stop. DIRECT outside: a line is written by the caller. MUTE after a log_stop that
 * found stderr blocked: another line would block its caller too. */
enum log_mode { LOG_MODE_DIRECT, LOG_MODE_QUEUED, LOG_MODE_MUTE };

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_t writer;
    struct buf filling;  /* lines to be written, in order */
    uint64_t dropped;    /* lines that found it full since the last notice */
    bool writer_waits;   /* for any line */
    bool writer_gathers; /* for many lines */
    bool stopping;
    enum log_mode mode;
    atomic_int style; /* outside the lock */
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER};

bool log_enabled(enum log_module module, enum log_level level) {
    return (int)level <= atomic_load_explicit(&levels[module], memory_order_relaxed);
}

/* Returns the index of the name among n names, or -1. */
static int find_name(const char *const *names, int n, const char *text, size_t len) {
    for (int i = 0; i < n; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) return i;
    }
    return -1;
}

/* One entry of the setting: a level for all modules (first entry only), or module=level. */
static bool parse_entry(enum log_level out[LOG_MODULE_COUNT], const char *text, size_t len, bool first) {
    const char *equals = memchr(text, '=', len);
    const char *level_text = equals == NULL ? text : equals + 1;
    int level = find_name(log_level_names, LOG_LEVEL_COUNT, level_text, len - (size_t)(level_text - text));
    if (level < 0) return false;
    if (equals == NULL) {
        for (int i = 0; first && i < LOG_MODULE_COUNT; i++) out[i] = (enum log_level)level;
        return first;
    }
    int module = find_name(log_module_names, LOG_MODULE_COUNT, text, (size_t)(equals - text));
    if (module < 0) return false;
    out[module] = (enum log_level)level;
    return true;
}

bool log_parse(enum log_level out[LOG_MODULE_COUNT], const char **bad, size_t *bad_len, const char *text) {
    for (int i = 0; i < LOG_MODULE_COUNT; i++) out[i] = LOG_INFO;
    bool first = true;
    for (const char *at = text;; first = false) {
        size_t len = strcspn(at, ",");
        if (!parse_entry(out, at, len, first)) {
            *bad = at;
            *bad_len = len;
            return false;
        }
        if (at[len] == '\0') return true;
        at += len + 1;
    }
}

/* Writes it all, waiting for as long as it takes. In pieces of whole lines that a pipe takes at once, so that lines of
 * several processes on one pipe stay whole. */
static void write_out(const char *data, size_t len) {
    while (len > 0) {
        size_t piece = len;
        if (piece > LOG_LINE_BYTES) {
            const char *newline = memrchr(data, '\n', LOG_LINE_BYTES);
            piece = newline == NULL ? LOG_LINE_BYTES : (size_t)(newline - data) + 1;
        }
        ssize_t written = write(STDERR_FILENO, data, piece);
        if (written >= 0) {
            data += written;
            len -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
            (void)poll(&fd, 1, -1);
        } else if (errno != EINTR) {
            return; /* nobody reads: there is no one left to tell */
        }
    }
}

static size_t format_event(char line[LOG_LINE_BYTES], enum log_module module, enum log_level level, const char *message,
                           const struct log_field *fields, size_t n) {
    struct log_event event = {clock_wall_us(), module, level, message, fields, n};
    return log_line_format(line, (enum log_style)atomic_load_explicit(&queue.style, memory_order_relaxed), &event);
}

/* With the lock held: what was lost is told right behind the lines that came before the loss. */
static void append_drop_notice(void) {
    char line[LOG_LINE_BYTES];
    const struct log_field fields[] = {{.key = NULL}, LOG_U64("lines", queue.dropped)};
    size_t len = format_event(line, LOG_APP, LOG_WARN, "log lines dropped: stderr is too slow", fields, 2);
    buf_append(&queue.filling, line, len);
    queue.dropped = 0;
}

/* With the lock held. */
static void enqueue(const char *line, size_t len) {
    if (len > queue.filling.max - queue.filling.len) {
        queue.dropped++;
        metrics_add(METRIC_LOG_DROPPED, 0, 0, 1);
        return;
    }
    buf_append(&queue.filling, line, len);
    bool half_full = queue.filling.len > QUEUE_MAX_BYTES / 2;
    if (queue.writer_waits || (queue.writer_gathers && half_full)) {
        queue.writer_waits = queue.writer_gathers = false; /* one wake-up is enough */
        pthread_cond_signal(&queue.wake);
    }
}

void log_emit_(enum log_module module, enum log_level level, const char *message, const struct log_field *fields,
               size_t n) {
    char line[LOG_LINE_BYTES];
    size_t len = format_event(line, module, level, message, fields, n);
    pthread_mutex_lock(&queue.mutex);
    enum log_mode mode = queue.mode;
    if (mode == LOG_MODE_QUEUED) enqueue(line, len);
    pthread_mutex_unlock(&queue.mutex);
    if (mode == LOG_MODE_DIRECT) write_out(line, len);
}

/* With the lock held: sleeps until there is something to write. */
static void await_lines(void) {
    while (queue.filling.len == 0 && !queue.stopping) {
        queue.writer_waits = true;
        pthread_cond_wait(&queue.wake, &queue.mutex);
    }
    queue.writer_waits = false;
}

/* With the lock held: under load, lets lines gather until the time given or until there are many. */
static void gather_lines(uint64_t until_us) {
    struct timespec until = {.tv_sec = (time_t)(until_us / 1000000), .tv_nsec = (long)(until_us % 1000000) * 1000};
    int result = 0;
    while (result == 0 && !queue.stopping && queue.filling.len <= QUEUE_MAX_BYTES / 2) {
        queue.writer_gathers = true;
        result = pthread_cond_timedwait(&queue.wake, &queue.mutex, &until);
    }
    queue.writer_gathers = false;
}

static void *run_writer(void *unused) {
    (void)unused;
    struct buf writing;
    buf_init(&writing, QUEUE_MAX_BYTES);
    uint64_t gather_until_us = 0;
    pthread_mutex_lock(&queue.mutex);
    for (;;) {
        await_lines();
        if (queue.filling.len == 0) break;
        if (clock_now_us() < gather_until_us) gather_lines(gather_until_us);

        struct buf full = queue.filling;
        queue.filling = writing;
        if (queue.dropped > 0) append_drop_notice();
        pthread_mutex_unlock(&queue.mutex);

        write_out(full.data, full.len);
        if (full.cap > QUEUE_KEEP_BYTES) buf_free(&full);
        buf_clear(&full);
        writing = full;
        gather_until_us = clock_now_us() + COALESCE_US;
        pthread_mutex_lock(&queue.mutex);
    }
    pthread_mutex_unlock(&queue.mutex);
    buf_free(&writing);
    return NULL;
}

/* Signals are for the main thread: the writer starts with all of them blocked. */
static void start_writer(void) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&queue.writer, NULL, run_writer, NULL) != 0) abort();
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void log_start(const enum log_level module_levels[LOG_MODULE_COUNT], bool json) {
    assert(queue.mode == LOG_MODE_DIRECT);
    for (int i = 0; i < LOG_MODULE_COUNT; i++) atomic_store(&levels[i], (int)module_levels[i]);
    enum log_style text_style = isatty(STDERR_FILENO) == 1 ? LOG_STYLE_COLOUR : LOG_STYLE_TEXT;
    atomic_store(&queue.style, (int)(json ? LOG_STYLE_JSON : text_style));

    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&queue.wake, &attr);
    pthread_condattr_destroy(&attr);
    buf_init(&queue.filling, QUEUE_MAX_BYTES);
    queue.stopping = false;
    queue.mode = LOG_MODE_QUEUED;
    start_writer();
}

/* Returns false when the writer is still stuck in a write after the time it is given. */
static bool join_writer(void) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_WAIT_S;
    return pthread_timedjoin_np(queue.writer, NULL, &until) == 0;
}

void log_stop(void) {
    pthread_mutex_lock(&queue.mutex);
    bool running = queue.mode == LOG_MODE_QUEUED;
    if (running) {
        queue.stopping = true;
        pthread_cond_signal(&queue.wake);
    }
    pthread_mutex_unlock(&queue.mutex);
    if (!running) return;

    bool joined = join_writer();
    pthread_mutex_lock(&queue.mutex);
    queue.mode = joined ? LOG_MODE_DIRECT : LOG_MODE_MUTE;
    struct buf late = queue.filling; /* lines that came while the writer ended */
    buf_init(&queue.filling, QUEUE_MAX_BYTES);
    pthread_mutex_unlock(&queue.mutex);
    if (joined) {
        write_out(late.data, late.len);
        pthread_cond_destroy(&queue.wake);
    } else {
        (void)pthread_detach(queue.writer);
    }
    buf_free(&late);
}
