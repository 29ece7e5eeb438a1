/* The part of `dappd --help` that lists the settings, straight from the table.
 * Owns nothing.
 * Main thread. */
#include "config.h"

#include "config_internal.h"

enum { FLAG_COLUMN = 31, ENV_COLUMN = 35 }; /* as wide as the longest names */

static void print_row(FILE *out, const char *flag, const char *env, const char *what) {
    (void)fprintf(out, "  %-*s  %-*s  %s\n", FLAG_COLUMN, flag, ENV_COLUMN, env, what);
}

static void print_setting(FILE *out, const struct setting *setting) {
    char flag[CONFIG_NAME_BYTES], env[CONFIG_NAME_BYTES], value[CONFIG_QUOTE_BYTES];
    bool has_default = setting->default_text[0] != '\0';
    (void)snprintf(value, sizeof value, "%s%s%s", has_default ? setting->default_text : "none",
                   setting->unit[0] != '\0' ? " " : "", setting->unit);
    print_row(out, config_flag_name(flag, setting->key), config_env_name(env, setting->key), value);
    (void)fprintf(out, "      %s", setting->help);
    if (setting->type == SETTING_TYPE_COUNT) {
        (void)fprintf(out, " (%llu to %llu)", (unsigned long long)setting->min, (unsigned long long)setting->max);
    }
    (void)fputc('\n', out);
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
