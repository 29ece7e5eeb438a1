/* A blocking GET /health by libcurl. Stateless; the main thread of a process that does nothing else. */
#include "probe.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/listen_address.h"

enum { TIMEOUT_MS = 3000 };

static size_t drop(char *data, size_t size, size_t n, void *arg) {
    (void)data;
    (void)arg;
    return size * n;
}

static CURLcode fetch(CURL *curl, const struct listen_address *where, long *status) {
    char text[LISTEN_TEXT_BYTES], url[LISTEN_TEXT_BYTES + 32];
    bool is_unix = where->path[0] != '\0';
    (void)snprintf(url, sizeof url, "http://%s/health", is_unix ? "localhost" : listen_address_format(text, where));
    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (is_unix) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, where->path);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    return code;
}

int probe_health(const struct config *config) {
    struct listen_address where;
    CURL *curl = curl_easy_init();
    long status = 0;
    if (curl == NULL || listen_address_parse(&where, config->listen, strlen(config->listen)) != ERR_OK) return 1;
    CURLcode code = fetch(curl, &where, &status);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK && status == 200) return 0;
    (void)fprintf(stderr, "dappd: no health at %s: %s (status %ld)\n", config->listen, curl_easy_strerror(code),
                  status);
    return 1;
}
