/* The command line: picks a command, reads the configuration, hands over. Owns the configuration; the main thread. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "config.h"
#include "core/log.h"
#include "probe.h"

enum { EXIT_USAGE = 2 };

static int with_log(const struct config *config, int (*run)(const struct config *config)) {
    enum log_level levels[LOG_MODULE_COUNT];
    const char *bad;
    size_t bad_len;
    if (!log_parse(levels, &bad, &bad_len, config->log)) abort(); /* config_load checked it */
    bool text = strcmp(config->log_format, "text") == 0;
    bool json = strcmp(config->log_format, "json") == 0 || (!text && !isatty(STDERR_FILENO));
    log_start(levels, json);
    int code = run(config);
    log_stop();
    return code;
}

static int serve(const struct config *config) {
    return with_log(config, app_serve);
}

static bool has_node(const struct config *config) {
    if (config->n_chains > 0) return true;
    (void)fprintf(stderr, "dappd: no node to talk to: set DAPPD_RPC_URLS or --rpc-urls to the URL of an Ethereum "
                          "JSON-RPC node, or list chains in the YAML file\n");
    return false;
}

static bool has_database(const struct config *config) {
    if (config->database_url[0] != '\0') return true;
    (void)fprintf(stderr, "dappd: no database: set DATABASE_URL or --database-url\n");
    return false;
}

static bool indexes_any(const struct config *config) {
    if (config_indexes_any(config)) return true;
    (void)fprintf(stderr, "dappd: nothing to index: set DAPPD_INDEX_TOKENS or --index-tokens, or index_tokens of a "
                          "chain in the YAML file\n");
    return false;
}

static int index_only(const struct config *config) {
    return has_database(config) && indexes_any(config) ? with_log(config, app_index) : EXIT_USAGE;
}

static int migrate(const struct config *config) {
    return has_database(config) ? with_log(config, app_migrate) : EXIT_USAGE;
}

static void print_index(const struct index_config *index) {
    if (index->every) {
        (void)printf(", every token indexed");
    } else if (index->n_tokens > 0) {
        (void)printf(", %zu token%s indexed", index->n_tokens, index->n_tokens == 1 ? "" : "s");
    } else {
        return;
    }
    if (index->has_from) (void)printf(" from block %" PRIu64, index->from_block);
}

static int check_config(const struct config *config) {
    (void)printf("The configuration is valid: %zu chain%s%s%s.\n", config->n_chains, config->n_chains == 1 ? "" : "s",
                 config->file != NULL ? ", file " : "", config->file != NULL ? config->file : "");
    for (size_t i = 0; i < config->n_chains; i++) {
        const struct chain_config *chain = &config->chains[i];
        (void)printf("  %s: %zu upstream%s", chain->name, chain->n_upstreams, chain->n_upstreams == 1 ? "" : "s");
        print_index(&config->indexes[i]);
        (void)printf("\n");
    }
    if (config->database_url[0] == '\0') {
        (void)printf("No database is configured: nothing is indexed.\n");
    } else if (!config_indexes_any(config)) {
        (void)printf("No tokens to index are configured: nothing is indexed here.\n");
    }
    return 0;
}

static const struct command {
    const char *name;
    int (*run)(const struct config *config);
    bool asks_nodes;
    const char *help;
} commands[] = {
    {"serve", serve, true, "answer requests, and index, until SIGTERM or SIGINT; a second signal exits at once"},
    {"index", index_only, true, "index without answering requests, until SIGTERM or SIGINT"},
    {"migrate", migrate, false, "bring the database to the schema of this dappd; serve and index do so too"},
    {"check-config", check_config, true, "read the configuration, say what is wrong with it, exit 0 or 2"},
    {"health", probe_health, false, "ask the dappd at the configured address for /health, exit 0 or 1"},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static int print_help(FILE *out, int code) {
    (void)fprintf(
        out,
        "dappd %s: token balances and transfers of EVM chains over REST/JSON\n\nusage: dappd COMMAND [SETTING ...]\n\n",
        DAPPD_VERSION);
    for (size_t i = 0; i < N_COMMANDS; i++) (void)fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].help);
    (void)fprintf(out, "  %-14s print the version\n  %-14s print this\n\n", "version", "help");
    config_print_help(out);
    return code;
}

/* A descriptor that is free would be given to the next socket, and then log lines would be written to a stranger. */
static bool open_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) return false;
    }
    return true;
}

static const char *environment(const char *name) {
    return getenv(name);
}

static int run(const struct command *command, int argc, char **argv) {
    char problem[CONFIG_PROBLEM_BYTES];
    struct config *config;
    if (config_load(&config, problem, argc, argv, environment) != ERR_OK) {
        (void)fprintf(stderr, "dappd: %s\n", problem);
        return EXIT_USAGE;
    }
    int code = command->asks_nodes && !has_node(config) ? EXIT_USAGE : command->run(config);
    config_free(config);
    return code;
}

static bool is_one_of(const char *word, const char *a, const char *b) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

int main(int argc, char **argv) {
    if (!open_standard_streams()) return 1;
    if (argc < 2) return print_help(stderr, EXIT_USAGE);
    for (int i = 1; i < argc; i++) {
        if (is_one_of(argv[i], "--help", "-h")) return print_help(stdout, 0);
    }
    if (strcmp(argv[1], "help") == 0) return print_help(stdout, 0);
    if (is_one_of(argv[1], "version", "--version")) return printf("dappd %s\n", DAPPD_VERSION) > 0 ? 0 : 1;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) return run(&commands[i], argc - 2, argv + 2);
    }
    (void)fprintf(stderr, "dappd: \"%s\" is no command; dappd help lists them\n", argv[1]);
    return EXIT_USAGE;
}
