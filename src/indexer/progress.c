/* Speed over the last seconds, and a backfill's progress for whoever watches. Owned by the indexer.
 * On the indexer's thread: the terminal's line is written from there. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

enum { SAMPLE_MS = 1000, TELL_MS = 1000, LOG_MS = 10 * 1000, NUMBER_BYTES = 27, DURATION_BYTES = 32 };

static const struct progress_sample *newest(const struct progress *progress) {
    return &progress->samples[(progress->n_samples - 1) % PROGRESS_SAMPLES];
}

static const struct progress_sample *oldest(const struct progress *progress) {
    size_t n = progress->n_samples;
    return &progress->samples[n <= PROGRESS_SAMPLES ? 0 : n % PROGRESS_SAMPLES];
}

void progress_note(struct progress *progress, uint64_t now_ms, uint64_t logs, uint64_t blocks) {
    if (progress->n_samples == 0 || now_ms - newest(progress)->ms >= SAMPLE_MS) {
        progress->samples[progress->n_samples++ % PROGRESS_SAMPLES] =
            (struct progress_sample){.ms = now_ms, .logs = progress->logs, .blocks = progress->blocks};
    }
    progress->logs += logs;
    progress->blocks += blocks;
}

static uint64_t per_s(uint64_t done, uint64_t since_ms, uint64_t now_ms) {
    uint64_t ms = now_ms - since_ms;
    return ms == 0 ? 0 : (uint64_t)((double)done * 1000 / (double)ms);
}

uint64_t progress_logs_per_s(const struct progress *progress, uint64_t now_ms) {
    if (progress->n_samples == 0) return 0;
    return per_s(progress->logs - oldest(progress)->logs, oldest(progress)->ms, now_ms);
}

uint64_t progress_eta_s(const struct progress *progress, uint64_t now_ms, uint64_t blocks_left) {
    if (progress->n_samples == 0 || blocks_left == 0) return 0;
    uint64_t done = progress->blocks - oldest(progress)->blocks, ms = now_ms - oldest(progress)->ms;
    if (done == 0 || ms == 0) return 0;
    return (uint64_t)((double)blocks_left * (double)ms / (double)done / 1000) + 1;
}

/* 1234567 as 1,234,567. */
static const char *grouped(char out[NUMBER_BYTES], uint64_t number) {
    char digits[NUMBER_BYTES];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, number), at = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* The two largest units, or the seconds alone. */
static const char *duration(char out[DURATION_BYTES], uint64_t s) {
    uint64_t minutes = s / 60, hours = minutes / 60, days = hours / 24;
    if (days > 0) {
        (void)snprintf(out, DURATION_BYTES, "%" PRIu64 " d %" PRIu64 " h", days, hours % 24);
    } else if (hours > 0) {
        (void)snprintf(out, DURATION_BYTES, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
    } else if (minutes > 0) {
        (void)snprintf(out, DURATION_BYTES, "%" PRIu64 " min", minutes);
    } else {
        (void)snprintf(out, DURATION_BYTES, "%" PRIu64 " s", s);
    }
    return out;
}

size_t progress_format(char out[PROGRESS_LINE_BYTES], const char *chain, const struct index_report *report) {
    char next[NUMBER_BYTES], target[NUMBER_BYTES], speed[NUMBER_BYTES], left[DURATION_BYTES];
    double percent = 100 * (double)report->next_block / ((double)report->target + 1);
    int n = snprintf(out, PROGRESS_LINE_BYTES, "%.40s: block %s of %s  %.1f%%  %s logs/s", chain,
                     grouped(next, report->next_block), grouped(target, report->target), percent > 100 ? 100 : percent,
                     grouped(speed, report->logs_per_s));
    if (report->eta_s > 0) {
        n += snprintf(out + n, PROGRESS_LINE_BYTES - (size_t)n, "  %s left", duration(left, report->eta_s));
    }
    return (size_t)n;
}

/* The cursor goes back to the line's beginning: what is logged next is written over it. */
static void write_line(const char *line, size_t len) {
    char text[PROGRESS_LINE_BYTES + 8];
    int n = snprintf(text, sizeof text, "\r%.*s\033[K\r", (int)len, line);
    ssize_t written = write(STDERR_FILENO, text, (size_t)n);
    (void)written; /* a terminal that has gone away misses nothing */
}

static void log_progress(const char *chain, const struct index_report *report) {
    log_write(LOG_INDEX, LOG_INFO, "index progress", LOG_STR("chain", chain), LOG_U64("next_block", report->next_block),
              LOG_U64("target", report->target), LOG_U64("logs", report->logs),
              LOG_U64("logs_per_s", report->logs_per_s), LOG_U64("eta_s", report->eta_s));
}

void progress_tell(struct progress *progress, const char *chain, const struct index_report *report, uint64_t now_ms,
                   bool terminal) {
    char line[PROGRESS_LINE_BYTES];
    if (progress->told_ms != 0 && now_ms - progress->told_ms < (terminal ? TELL_MS : LOG_MS)) return;
    progress->told_ms = now_ms;
    if (terminal) {
        write_line(line, progress_format(line, chain, report));
        progress->on_screen = true;
    } else {
        log_progress(chain, report);
    }
}

void progress_end(struct progress *progress) {
    if (progress->on_screen) write_line("", 0);
    progress->on_screen = false;
}
