/* How fast it goes, and the line that says so. A plain value of the indexer; its thread. */
#ifndef DAPPD_INDEXER_PROGRESS_H
#define DAPPD_INDEXER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repos/index_status.h"

enum { PROGRESS_SAMPLES = 10, PROGRESS_LINE_BYTES = 256 };

/* What had been done by when. */
struct progress_sample {
    uint64_t ms;
    uint64_t logs;
    uint64_t blocks;
};

struct progress {
    uint64_t logs;   /* written by this process */
    uint64_t blocks; /* read by it */
    uint64_t odd;
    uint64_t reorgs;
    struct progress_sample samples[PROGRESS_SAMPLES]; /* about a second apart; a ring */
    size_t n_samples;                                 /* ever taken */
    uint64_t told_ms;                                 /* when the line was last written, or logged */
    bool on_screen;
};

/* Something was written: reckons the speed anew. */
void progress_note(struct progress *progress, uint64_t now_ms, uint64_t logs, uint64_t blocks);

/* Of the last seconds. */
uint64_t progress_logs_per_s(const struct progress *progress, uint64_t now_ms);

/* How long so many blocks will take at the speed of the last seconds; 0: not known. */
uint64_t progress_eta_s(const struct progress *progress, uint64_t now_ms, uint64_t blocks_left);

/* "default: block 1,234,567 of 19,000,000  6.5%  41,200 logs/s  2 h 13 min left". Returns the length. */
size_t progress_format(char out[PROGRESS_LINE_BYTES], const char *chain, const struct index_report *report);

/* Of a backfill: rewrites the terminal's line at most once a second, or logs every ten. */
void progress_tell(struct progress *progress, const char *chain, const struct index_report *report, uint64_t now_ms,
                   bool terminal);

/* Wipes the line off the terminal. */
void progress_end(struct progress *progress);

#endif
