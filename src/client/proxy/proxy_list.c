/* SPDX-License-Identifier: MIT */
/* client/proxy/proxy_list.c: which proxy a request goes by. */
#include "base/text/ascii.h"
#include "client/proxy/proxy.h"

#include <edo/error.h>
#include <edo/str.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FOR_HTTP, FOR_HTTPS, FOR_ALL, PROXIES_N, NO_PROXY = PROXIES_N, VALUES_N };

struct edoi_proxy_list {
    edoi_proxy *by[PROXIES_N]; /* NULL: none */
    size_t entries_n;
    edoi_no_proxy entries[]; /* their names lie behind the last one */
};

/* A text, and what it is called in a message. */
typedef struct proxy_list_value {
    const char *name, *text; /* text NULL: not there */
    bool is_variable;        /* what it has that is no entry is passed over */
} proxy_list_value;

static void proxy_list_deinit(void *self) {
    edoi_proxy_list *p = self;
    for (size_t i = 0; i < PROXIES_N; i++) edo_rc_unref(p->by[i]);
}

/* As edoi_no_proxy_next(), and passes over what is no entry if `is_variable`. */
static int proxy_list_next(edoi_no_proxy *out, edo_str *rest, bool is_variable) {
    int there;
    do there = edoi_no_proxy_next(out, rest);
    while (there == -EINVAL && is_variable);
    return there;
}

/* Counts the entries of NO_PROXY. */
static int proxy_list_count(size_t *n, edo_str text, bool is_variable) {
    edoi_no_proxy e;
    int there;
    *n = 0;
    while ((there = proxy_list_next(&e, &text, is_variable)) > 0) ++*n;
    return there;
}

/* Makes a list without proxies, whose entries borrow a copy of `text` that goes with it. */
static int proxy_list_make(edoi_proxy_list **out, edo_str text, bool is_variable) {
    size_t n;
    int err = proxy_list_count(&n, text, is_variable);
    if (err < 0) return err;
    edoi_proxy_list *p =
        edo_rc_new(sizeof *p + n * sizeof p->entries[0] + text.len, proxy_list_deinit);
    if (!p) return -ENOMEM;
    memset(p, 0, sizeof *p);
    char *copy = (char *)&p->entries[n];
    if (text.len > 0) memcpy(copy, text.ptr, text.len);
    edo_str rest = { copy, text.len };
    while (p->entries_n < n && proxy_list_next(&p->entries[p->entries_n], &rest, is_variable) > 0)
        p->entries_n++;
    *out = p;
    return 0;
}

static int proxy_list_of_values(edoi_proxy_list **out, const proxy_list_value values[VALUES_N]) {
    edoi_proxy_list *p;
    edo_str hosts = edo_str_trim(edo_str_of(values[NO_PROXY].text ? values[NO_PROXY].text : ""));
    int err = proxy_list_make(&p, hosts, values[NO_PROXY].is_variable);
    if (err == -EINVAL)
        return edo_fail(err, "%s: an entry is no host, address or range", values[NO_PROXY].name);
    if (err < 0) return err;
    for (size_t i = 0; i < PROXIES_N && err == 0; i++) {
        edo_str url = edo_str_trim(edo_str_of(values[i].text ? values[i].text : ""));
        if (url.len > 0) err = edoi_proxy_new(&p->by[i], url);
        if (err == -EINVAL) (void)edo_fail(err, "%s: not the URL of a proxy", values[i].name);
    }
    if (err < 0) {
        edo_rc_unref(p);
        return err;
    }
    *out = p;
    return 0;
}

int edoi_proxy_list_new(edoi_proxy_list **out, const edoi_proxy_list_opts *opts) {
    const proxy_list_value values[VALUES_N] = { [FOR_HTTP] = { "http", opts->http, false },
                                                [FOR_HTTPS] = { "https", opts->https, false },
                                                [FOR_ALL] = { "all", opts->all, false },
                                                [NO_PROXY] = { "no_proxy", opts->no_proxy,
                                                               false } };
    return proxy_list_of_values(out, values);
}

/* An empty variable counts as none. */
static proxy_list_value proxy_list_variable(const char *lower, const char *upper) {
    const char *text = getenv(lower);
    if (text && text[0]) return (proxy_list_value){ lower, text, true };
    return (proxy_list_value){ upper, upper ? getenv(upper) : NULL, true };
}

int edoi_proxy_list_from_environment(edoi_proxy_list **out, const char *no_proxy) {
    bool is_cgi = getenv("REQUEST_METHOD") != NULL;
    const proxy_list_value values[VALUES_N] = {
        [FOR_HTTP] = proxy_list_variable("http_proxy", is_cgi ? NULL : "HTTP_PROXY"),
        [FOR_HTTPS] = proxy_list_variable("https_proxy", "HTTPS_PROXY"),
        [FOR_ALL] = proxy_list_variable("all_proxy", "ALL_PROXY"),
        [NO_PROXY] = no_proxy ? (proxy_list_value){ "no_proxy", no_proxy, false }
                              : proxy_list_variable("no_proxy", "NO_PROXY"),
    };
    return proxy_list_of_values(out, values);
}

static bool proxy_list_is_one_of(edo_str s, const char *a, const char *b) {
    return edoi_equal_nocase(s, edo_str_of(a)) || edoi_equal_nocase(s, edo_str_of(b));
}

bool edoi_proxy_list_is_empty(const edoi_proxy_list *p) {
    return !p->by[FOR_HTTP] && !p->by[FOR_HTTPS] && !p->by[FOR_ALL];
}

const edoi_proxy *edoi_proxy_list_find(const edoi_proxy_list *p, edo_str scheme, edo_str host,
                                       uint16_t port) {
    const edoi_proxy *found = NULL;
    if (edoi_proxy_list_is_empty(p)) return NULL; // as of most clients
    if (proxy_list_is_one_of(scheme, "http", "ws")) found = p->by[FOR_HTTP];
    if (proxy_list_is_one_of(scheme, "https", "wss")) found = p->by[FOR_HTTPS];
    if (!found) found = p->by[FOR_ALL];
    for (size_t i = 0; found && i < p->entries_n; i++)
        if (edoi_no_proxy_has(&p->entries[i], host, port)) return NULL;
    return found;
}
