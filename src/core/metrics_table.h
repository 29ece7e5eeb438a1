/* What metrics_render.c needs of metrics.c: the table and the sums. Any thread. */
#ifndef DAPPD_CORE_METRICS_TABLE_H
#define DAPPD_CORE_METRICS_TABLE_H

#include <stdbool.h>

#include "core/metrics.h"

enum metric_type { METRIC_TYPE_COUNTER, METRIC_TYPE_GAUGE, METRIC_TYPE_HISTOGRAM };

struct metric_info {
    const char *name;
    const char *help;
    enum metric_type type;
    enum metric_label labels[2];
};

extern const struct metric_info metrics_table[METRIC_COUNT];
extern const char *const metrics_label_names[METRIC_LABEL_COUNT];

/* Upper bounds of a histogram's buckets, inclusive. */
enum { METRICS_BUCKETS = 16 };
extern const uint64_t metrics_bucket_us[METRICS_BUCKETS];

/* True when the series was counted in, by any thread. */
bool metrics_touched(enum metric metric, size_t i, size_t j);

/* Returns the sum of what was observed, in microseconds. Out: how many fell into each bucket alone, the last one beyond
 * all bounds. */
uint64_t metrics_histogram(uint64_t counts[METRICS_BUCKETS + 1], enum metric metric, size_t i);

/* Returns how many values the dimension has. NONE has one, "". */
size_t metrics_label_values(enum metric_label label, const char *const **values);

uint64_t metrics_started_wall_us(void);

#endif
