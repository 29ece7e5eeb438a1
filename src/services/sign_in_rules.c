/* The rules of domain, URI, times and nonce. Owns nothing; any thread. */
#include "sign_in_rules.h"

#include <stdbool.h>
#include <string.h>

#include "core/comma_list.h"

enum { SHOWN_BYTES = 64, SHOWN_DOMAINS_BYTES = 96 };

static int shown(struct siwe_text text) {
    return (int)(text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES);
}

static bool is_one_of(const char *domains, struct siwe_text domain) {
    for (struct comma_list list = comma_list_of(domains); comma_list_next(&list);) {
        if (list.len > 0 && list.len == domain.len && memcmp(list.entry, domain.p, list.len) == 0) return true;
    }
    return false;
}

/* As many of the domains as fit an error, whole ones; the first in any case. */
static int shown_domains(const char *domains) {
    size_t len = strcspn(domains, ",");
    while (domains[len] == ',') {
        size_t next = len + 1 + strcspn(domains + len + 1, ",");
        if (next > SHOWN_DOMAINS_BYTES) break;
        len = next;
    }
    return (int)len;
}

/* This machine's own names, with any port: what browsers hold trustworthy without TLS. */
static bool is_local(struct siwe_text domain) {
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t len = strlen(hosts[i]);
        bool begins = domain.len >= len && memcmp(domain.p, hosts[i], len) == 0;
        if (begins && (domain.len == len || domain.p[len] == ':')) return true;
    }
    return false;
}

static bool is_scheme(const char *p, size_t len, const char *scheme) {
    return strlen(scheme) == len && memcmp(p, scheme, len) == 0;
}

static bool is_allowed_scheme(const char *p, size_t len, struct siwe_text domain) {
    return is_scheme(p, len, "https") || (is_scheme(p, len, "http") && is_local(domain));
}

enum err sign_in_check_configured(struct task *task, const char *domains) {
    if (domains[0] != '\0') return ERR_OK;
    return task_fail(task, ERR_SIGN_IN_UNAVAILABLE, "no domain may sign users in here: DAPPD_AUTH_DOMAINS names them");
}

enum err sign_in_check_domain(struct task *task, const struct siwe_message *message, const char *domains) {
    const struct siwe_text domain = message->domain, scheme = message->scheme;
    if (!is_one_of(domains, domain)) {
        int len = shown_domains(domains);
        return task_fail(task, ERR_DOMAIN_MISMATCH,
                         "the message is for \"%.*s\"; those who may sign users in here are %.*s%s", shown(domain),
                         domain.p, len, domains, domains[len] == '\0' ? "" : " and others");
    }
    if (scheme.p != NULL && !is_allowed_scheme(scheme.p, scheme.len, domain)) {
        return task_fail(task, ERR_DOMAIN_MISMATCH, "the scheme of \"%.*s\" is \"%.*s\", not https", shown(domain),
                         domain.p, shown(scheme), scheme.p);
    }
    return ERR_OK;
}

/* The URI is not shown: its path and query are the page's own, and may hold what is secret or personal. */
enum err sign_in_check_uri(struct task *task, const struct siwe_message *message) {
    const struct siwe_text uri = message->uri, domain = message->domain;
    if (!siwe_uri_is_of_domain(message)) {
        return task_fail(task, ERR_URI_MISMATCH, "the URI is not a page of the domain \"%.*s\"", shown(domain),
                         domain.p);
    }
    const char *colon = memchr(uri.p, ':', uri.len);
    if (colon == NULL || !is_allowed_scheme(uri.p, (size_t)(colon - uri.p), domain)) {
        return task_fail(task, ERR_URI_MISMATCH, "the scheme of the URI is not https");
    }
    return ERR_OK;
}

enum err sign_in_check_times(struct task *task, const struct siwe_message *message, uint64_t now_s) {
    if (message->issued_at_s > now_s + SIGN_IN_SKEW_S) {
        return task_fail(task, ERR_ISSUED_IN_FUTURE,
                         "the message was issued %llu s from now by the server's clock, which allows %d s",
                         (unsigned long long)(message->issued_at_s - now_s), SIGN_IN_SKEW_S);
    }
    if (message->has_expiration && message->expiration_s <= now_s) {
        return task_fail(task, ERR_MESSAGE_EXPIRED, "the message expired %llu s ago by the server's clock",
                         (unsigned long long)(now_s - message->expiration_s));
    }
    if (message->has_not_before && message->not_before_s > now_s + SIGN_IN_SKEW_S) {
        return task_fail(task, ERR_MESSAGE_NOT_YET_VALID,
                         "the message is valid in %llu s by the server's clock, which allows %d s",
                         (unsigned long long)(message->not_before_s - now_s), SIGN_IN_SKEW_S);
    }
    return ERR_OK;
}

enum err sign_in_check_nonce(struct task *task, const struct siwe_message *message, const struct nonce *nonce,
                             uint64_t now_s) {
    if (nonce->expires_s <= now_s) {
        return task_fail(task, ERR_INVALID_NONCE, "the nonce expired %llu s ago; GET /auth/nonce gives a new one",
                         (unsigned long long)(now_s - nonce->expires_s));
    }
    if (nonce->issued_s > message->issued_at_s + SIGN_IN_SKEW_S) {
        return task_fail(task, ERR_INVALID_NONCE,
                         "the nonce was made %llu s after the message was issued: the clock of one of them is wrong",
                         (unsigned long long)(nonce->issued_s - message->issued_at_s));
    }
    return ERR_OK;
}
