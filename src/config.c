/* Puts the configuration together: defaults, then the YAML file, then the environment, then flags, each over the last.
 * A loaded configuration owns its arena, which holds every text in it.
 * Main thread, before any other starts; read by all afterwards. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_internal.h"
#include "core/buf.h"

static const char default_file[] = "dappd.yaml";

enum { ARENA_CAP_BYTES = 64 * 1024 * 1024 }; /* far above what a file of the largest size comes to */

/* The configuration in its arena, with the way back to it. */
struct loaded {
    struct config config;
    struct arena *arena;
};

/* The command line, taken apart; NULL where a flag is absent. */
struct flags {
    const char *settings[SETTINGS_COUNT];
    const char *config;
};

/* True when the flag's name (without --) is the key's, with dashes for underscores. */
static bool is_flag_for(const char *key, const char *name, size_t len) {
    char flag[CONFIG_NAME_BYTES];
    (void)config_flag_name(flag, key);
    return strlen(flag + 2) == len && memcmp(flag + 2, name, len) == 0;
}

/* Returns where the flag's value belongs, or NULL when there is no such flag. */
static const char **find_flag(struct flags *flags, const char *name, size_t len) {
    if (is_flag_for("config", name, len)) return &flags->config;
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        if (is_flag_for(config_settings[i].key, name, len)) return &flags->settings[i];
    }
    return NULL;
}

static enum err fail_unknown_flag(const struct config_loader *loader, const char *name, size_t len) {
    const char *candidates[SETTINGS_COUNT + 1] = {"config"};
    for (size_t i = 0; i < SETTINGS_COUNT; i++) candidates[i + 1] = config_settings[i].key;
    char quoted[CONFIG_QUOTE_BYTES], nearest[CONFIG_NAME_BYTES];
    return config_fail(loader, "unknown flag %s; the nearest known one is %s", config_quote_name(quoted, name, len),
                       config_flag_name(nearest, config_nearest(candidates, SETTINGS_COUNT + 1, name + 2, len - 2)));
}

static bool is_flag(const char *arg) {
    return strncmp(arg, "--", 2) == 0;
}

/* Takes --name=value, or --name and the argument behind it. */
static enum err parse_flags(struct flags *flags, const struct config_loader *loader, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        size_t name_len = strcspn(arg, "=");
        char quoted[CONFIG_QUOTE_BYTES];
        if (!is_flag(arg)) {
            return config_fail(loader, "unexpected argument %s; settings are given as --name value",
                               config_quote_name(quoted, arg, strlen(arg)));
        }
        const char **value = find_flag(flags, arg + 2, name_len - 2);
        if (value == NULL) return fail_unknown_flag(loader, arg, name_len);
        if (arg[name_len] == '=') {
            *value = arg + name_len + 1;
        } else if (i + 1 < argc && !is_flag(argv[i + 1])) {
            *value = argv[++i];
        } else {
            return config_fail(loader, "%s needs a value", arg);
        }
    }
    if (flags->config != NULL && flags->config[0] == '\0') return config_fail(loader, "--config needs a file name");
    return ERR_OK;
}

static enum err apply_defaults(struct config_loader *loader) {
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < SETTINGS_COUNT; i++) {
        err = config_set(loader, &config_settings[i], config_settings[i].default_text, "the default");
    }
    return err;
}

static enum err apply_file(struct config_loader *loader, const struct yaml_file *yaml, const char *file,
                           const uint8_t *text, size_t len) {
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < SETTINGS_COUNT; i++) {
        if (yaml == NULL || yaml->settings[i] == NULL) continue;
        char place[CONFIG_ORIGIN_BYTES];
        (void)config_place(place, file, config_yaml_find_key(config_settings[i].key, text, len, 1, 1));
        err = config_set(loader, &config_settings[i], yaml->settings[i], place);
    }
    return err;
}

/* An empty variable counts as not set: that is how container tools pass on what the user left out. */
static const char *env_value(const struct config_loader *loader, const char *name) {
    const char *value = loader->env(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static enum err apply_environment(struct config_loader *loader) {
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < SETTINGS_COUNT; i++) {
        char name[CONFIG_NAME_BYTES];
        const char *value = env_value(loader, config_env_name(name, config_settings[i].key));
        if (value != NULL) err = config_set(loader, &config_settings[i], value, name);
    }
    return err;
}

static enum err apply_flags(struct config_loader *loader, const struct flags *flags) {
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < SETTINGS_COUNT; i++) {
        char name[CONFIG_NAME_BYTES];
        (void)config_flag_name(name, config_settings[i].key);
        if (flags->settings[i] != NULL) err = config_set(loader, &config_settings[i], flags->settings[i], name);
    }
    return err;
}

struct source {
    const char *file; /* NULL: there is none */
    const uint8_t *text;
    size_t len;
};

static enum err apply_all(struct config_loader *loader, const struct source *source, const struct flags *flags) {
    struct yaml_file *yaml = NULL;
    enum err err = ERR_OK;
    if (source->file != NULL) err = config_yaml_parse(&yaml, loader, source->file, source->text, source->len);
    if (err == ERR_OK) err = apply_defaults(loader);
    if (err == ERR_OK) err = apply_file(loader, yaml, source->file, source->text, source->len);
    if (err == ERR_OK) err = apply_environment(loader);
    if (err == ERR_OK) err = apply_flags(loader, flags);
    if (err == ERR_OK) err = config_build_chains(loader, yaml, source->file);
    if (err == ERR_OK) err = config_build_index(loader, yaml, source->file);
    if (err == ERR_OK) err = config_build_contracts(loader, yaml, source->file);
    config_yaml_free(yaml);
    return err;
}

static struct config_loader loader_new(char *problem, const char *(*env)(const char *name)) {
    struct arena *arena = arena_new(ARENA_CAP_BYTES);
    struct loaded *loaded = arena_alloc(arena, sizeof *loaded);
    if (loaded == NULL) abort();
    loaded->arena = arena;
    problem[0] = '\0';
    return (struct config_loader){.config = &loaded->config, .arena = arena, .problem = problem, .env = env};
}

static enum err loader_finish(struct config **out, const struct config_loader *loader, const struct source *source,
                              enum err err) {
    *out = NULL;
    if (err != ERR_OK) {
        arena_free(loader->arena);
        return err;
    }
    if (source->file != NULL) loader->config->file = config_copy(loader, source->file, strlen(source->file));
    *out = loader->config;
    return ERR_OK;
}

enum err config_load_text(struct config **out, char problem[CONFIG_PROBLEM_BYTES], const char *file,
                          const uint8_t *text, size_t len, int argc, char **argv,
                          const char *(*env)(const char *name)) {
    struct config_loader loader = loader_new(problem, env);
    struct flags flags = {.config = NULL};
    struct source source = {file, text, len};
    enum err err = parse_flags(&flags, &loader, argc, argv);
    if (err == ERR_OK) err = apply_all(&loader, &source, &flags);
    return loader_finish(out, &loader, &source, err);
}

int config_read_file(struct buf *text, const char *file) {
    enum { PIECE_BYTES = 4096 };
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    char piece[PIECE_BYTES];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR)) {
        if (n > 0) buf_append(text, piece, (size_t)n);
        if (text->failed) break;
    }
    int failure = n < 0 ? errno : text->failed ? EFBIG : 0;
    (void)close(fd);
    return failure;
}

/* Finds and reads the file named by --config, else by DAPPD_CONFIG, else dappd.yaml if that exists. Out: *file, NULL
 * without one. */
static enum err find_file(const char **file, struct buf *text, const struct config_loader *loader,
                          const struct flags *flags) {
    const char *named = flags->config != NULL ? flags->config : env_value(loader, "DAPPD_CONFIG");
    *file = named != NULL ? named : default_file;
    int failure = config_read_file(text, *file);
    if (failure == 0) return ERR_OK;
    if (named == NULL && failure == ENOENT) {
        *file = NULL;
        return ERR_OK;
    }
    const char *from = flags->config != NULL ? "--config: " : named != NULL ? "DAPPD_CONFIG: " : "";
    return config_fail(loader, "%scannot read %.256s: %s", from, *file, strerror(failure));
}

enum err config_load(struct config **out, char problem[CONFIG_PROBLEM_BYTES], int argc, char **argv,
                     const char *(*env)(const char *name)) {
    struct config_loader loader = loader_new(problem, env);
    struct flags flags = {.config = NULL};
    struct buf text;
    buf_init(&text, CONFIG_MAX_FILE_BYTES);
    const char *file = NULL;
    enum err err = parse_flags(&flags, &loader, argc, argv);
    if (err == ERR_OK) err = find_file(&file, &text, &loader, &flags);
    struct source source = {file, (const uint8_t *)text.data, text.len};
    if (err == ERR_OK) err = apply_all(&loader, &source, &flags);
    buf_free(&text);
    return loader_finish(out, &loader, &source, err);
}

void config_free(struct config *config) {
    if (config != NULL) arena_free(((struct loaded *)config)->arena);
}
