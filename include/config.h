/* The configuration: flags over environment over YAML file, all checked by the one table config.def. Read once at start
 * by main, constant afterwards; any thread. */
#ifndef DAPPD_CONFIG_H
#define DAPPD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "indexer/indexer.h"
#include "rpc/chain.h"
#include "services/contract_wish.h"

/* What of a chain is registered at start. */
struct configured_contracts {
    const struct contract_wish *list;
    size_t n;
};

struct config {
#define SETTING_TEXT const char *
#define SETTING_COUNT uint64_t
#define SETTING(field, type, ...) SETTING_##type field;
#include "config.def"
#undef SETTING
#undef SETTING_TEXT
#undef SETTING_COUNT
    const struct chain_config *chains; /* none where no node is configured, which is for the command to mind */
    size_t n_chains;
    const struct index_config *indexes;           /* what is indexed of each chain */
    const struct configured_contracts *contracts; /* likewise */
    const char *file;                             /* the YAML file that was read, or NULL */
};

enum { CONFIG_PROBLEM_BYTES = 512 };

/* In: arguments behind the command word (flags as --name value or --name=value, and --config FILE); getenv-like look-up
 * of the environment. The file is --config, else DAPPD_CONFIG, else dappd.yaml if that exists.
 * An empty environment variable counts as not set.
 * Returns ERR_INVALID_PARAMETER and a sentence that names the setting, where it came from, the value (never a secret
 * one) and what is allowed. The caller frees *out with config_free. */
enum err config_load(struct config **out, char problem[CONFIG_PROBLEM_BYTES], int argc, char **argv,
                     const char *(*env)(const char *name)) MUST_CHECK;
void config_free(struct config *config);

/* Whether a chain has tokens to index. */
bool config_indexes_any(const struct config *config);

/* Prints each setting: flag, environment variable, default, unit, help. */
void config_print_help(FILE *out);

#endif
