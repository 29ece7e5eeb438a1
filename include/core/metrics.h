/* Counters, gauges and latency histograms, declared in metrics.def. Each thread updates a shard of its own without
 * locks; a scrape adds the shards up. Any thread. */
#ifndef DAPPD_CORE_METRICS_H
#define DAPPD_CORE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum metric {
#define METRIC(id, type, name, label1, label2, help) METRIC_##id,
#include "core/metrics.def"
#undef METRIC
    METRIC_COUNT
};

/* The label dimensions; the label's name in the output is the lower-case word. */
enum metric_label {
    METRIC_LABEL_NONE,
    METRIC_LABEL_ROUTE,
    METRIC_LABEL_STATUS,
    METRIC_LABEL_CLASS,
    METRIC_LABEL_UPSTREAM,
    METRIC_LABEL_OUTCOME,
    METRIC_LABEL_CACHE,
    METRIC_LABEL_CHAIN,
    METRIC_LABEL_BATCHING,
    METRIC_LABEL_VERDICT,
    METRIC_LABEL_RESULT,
    METRIC_LABEL_STATE,
    METRIC_LABEL_CHOICE,
    METRIC_LABEL_STEP,
    METRIC_LABEL_COUNT
};

/* In: shards, one per reactor plus one for all other threads. Before any thread counts. */
void metrics_start(unsigned shards);
void metrics_stop(void);

/* Gives a dimension its values, in index order; the strings are copied. Before any thread counts. A metric with a
 * dimension that was given none counts nothing. */
void metrics_set_label_values(enum metric_label label, const char *const *values, size_t n);

/* The calling thread counts in this shard from now on (reactors call it with their index). Threads that never call it
 * share the last shard. */
void metrics_use_shard(unsigned shard);

/* Counters and gauges. In: i and j, indexes into the metric's dimensions (0 where there is none). */
void metrics_add(enum metric metric, size_t i, size_t j, int64_t delta);

/* Gauges: sets the value outright (kept in one shard, the last writer wins). */
void metrics_set(enum metric metric, size_t i, size_t j, int64_t value);

/* Histograms. */
void metrics_observe_us(enum metric metric, size_t i, uint64_t us);

/* Sum over all shards. */
int64_t metrics_value(enum metric metric, size_t i, size_t j);

/* Appends the Prometheus text format 0.0.4: all metrics, then process_resident_memory_bytes, process_cpu_seconds_total,
 * process_open_fds and process_start_time_seconds. */
void metrics_render(struct buf *out);

#endif
