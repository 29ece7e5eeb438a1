/* The HTTP statuses dappd answers with, as values of the metrics' label `status`. Static data, any thread. */
#ifndef DAPPD_HTTP_STATUS_H
#define DAPPD_HTTP_STATUS_H

#include <stddef.h>

/* Gives the metrics their values of the label `status`. */
void status_set_metric_labels(void);

/* The index of a status among those values; statuses not listed share the last one, "other". */
size_t status_metric_index(int status);

#endif
