/* The part of `dappd --help` that lists the settings, straight from the table.
 * Owns nothing.
 * Main thread. */
#include "config.h"

#include <assert.h>
#include <string.h>

#include "config_internal.h"

enum {
    FLAG_COLUMN = 31, /* as wide as the longest names */
    ENV_COLUMN = 35,
    COLUMNS = 100,
    INDENT = 6,
    HELP_BYTES = 512
};

static void print_row(FILE *out, const char *flag, const char *env, const char *what) {
    (void)fprintf(out, "  %-*s  %-*s  %s\n", FLAG_COLUMN, flag, ENV_COLUMN, env, what);
}

/* Each line breaks at the last space that fits. */
static void print_wrapped(FILE *out, const char *text) {
    for (size_t left = strlen(text); left > 0; left = strlen(text)) {
        size_t n = left;
        if (n > COLUMNS - INDENT) n = COLUMNS - INDENT;
        while (n < left && text[n] != ' ') n--;
        assert(n > 0 && n <= COLUMNS); /* no word is that long */
        (void)fprintf(out, "%*s%.*s\n", INDENT, "", (int)n, text);
        text += n + (text[n] == ' ');
    }
}

static void print_setting(FILE *out, const struct setting *setting) {
    char flag[CONFIG_NAME_BYTES], env[CONFIG_NAME_BYTES], value[CONFIG_QUOTE_BYTES];
    bool has_default = setting->default_text[0] != '\0';
    (void)snprintf(value, sizeof value, "%s%s%s", has_default ? setting->default_text : "none",
                   setting->unit[0] != '\0' ? " " : "", setting->unit);
    print_row(out, config_flag_name(flag, setting->key), config_env_name(env, setting->key), value);
    char range[CONFIG_QUOTE_BYTES] = "", help[HELP_BYTES];
    if (setting->type == SETTING_TYPE_COUNT) {
        (void)snprintf(range, sizeof range, " (%llu to %llu)", (unsigned long long)setting->min,
                       (unsigned long long)setting->max);
    }
    (void)snprintf(help, sizeof help, "%s%s", setting->help, range);
    print_wrapped(out, help);
}

void config_print_help(FILE *out) {
    (void)fputs("Settings: flags override the environment, which overrides the YAML file. In the file a setting\n"
                "is called like its flag, with _ for - and without --: request_timeout_ms: 10000.\n\n",
                out);
    print_row(out, "FLAG", "ENVIRONMENT", "DEFAULT");
    print_row(out, "--config", "DAPPD_CONFIG", "dappd.yaml if it exists");
    (void)fputs("      the YAML file\n", out);
    for (size_t i = 0; i < SETTINGS_COUNT; i++) print_setting(out, &config_settings[i]);
    (void)fputs(
        "\nChains are listed in the file. Only url is required; rpc_urls replaces the first chain's upstreams:\n\n"
        "  chains:\n"
        "    - name: mainnet\n"
        "      id: 1                    # without it, what the nodes say\n"
        "      native_symbol: ETH\n"
        "      native_decimals: 18\n"
        "      block_time_ms: 12000     # without it, measured\n"
        "      index_tokens: [every]    # or a list of addresses; without it, nothing\n"
        "      index_from: 19000000     # without it, where each contract was created\n"
        "      contracts:               # registered at start, for calls by name and their events\n"
        "        - address: \"0x6B175474E89094C44Da98b954EedeAC495271d0F\"\n"
        "          abi: abi/dai.json    # beside this file\n"
        "      upstreams:\n"
        "        - name: rpc1\n"
        "          url: https://node.example/${NODE_KEY}   # or http+unix:/path, ipc:/path\n"
        "          priority: 1          # lower is asked first; without it, the place in the list\n"
        "          calls_per_s: 25      # without it, no limit\n"
        "          max_batch: 20        # without it, rpc_max_batch\n"
        "          headers:             # with every request to this node\n"
        "            - {name: Authorization, value: 'Bearer ${NODE_TOKEN}'}\n",
        out);
}
