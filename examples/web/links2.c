/* SPDX-License-Identifier: MIT */
/* links2.c: step 2 of a service: layers say who may add links, how often, and how long it may take.
 *
 *     links2 [HOST:PORT]
 *     curl -d '{"url":"https://example.org/a/long/way"}' -H 'content-type: application/json' \
 *         -H 'authorization: Bearer open-sesame' http://127.0.0.1:8080/links */
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/uri.h>
#include <edo/web.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_log.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 10000

typedef struct short_link {
    int64_t key;
    char *url;
    uint64_t visits;
} short_link;

static const char *check_url(const void *element) {
    char *const *url = element;
    edo_uri uri;
    bool is_web =
        edo_uri_parse(&uri, edo_str_of(*url)) == 0 && uri.host.len > 0 &&
        (edo_str_equal(uri.scheme, EDO_STR("http")) || edo_str_equal(uri.scheme, EDO_STR("https")));
    return is_web ? NULL : "must be a URL of http or https";
}

EDO_DESCRIBE(short_link, EDO_FIELD(short_link, key, .optional = true, .doc = "given by the server"),
             EDO_FIELD(short_link, url, .max_len = 2000, .check = check_url),
             EDO_FIELD(short_link, visits, .optional = true, .doc = "counted by the server"))

/* ---- What it remembers ----------------------------------------------------------------------- */

typedef struct links {
    edo_mutex lock;
    edo_arena texts;
    short_link all[LINKS_MAX]; /* that of key 1 comes first */
    int64_t n;
} links;

/* Fills the key of `l`. Returns 0, -ENOSPC or -ENOMEM. */
static int links_add(links *self, short_link *l) {
    int err = edo_mutex_lock(&self->lock);
    if (err < 0) return err;
    l->key = self->n + 1;
    l->visits = 0;
    err = self->n < LINKS_MAX
              ? edo_value_copy(&self->all[self->n], l, &short_link_desc, &self->texts)
              : -ENOSPC;
    if (err == 0) self->n++;
    edo_mutex_unlock(&self->lock);
    return err;
}

/* Fills `*l`, and counts a visit or none. Returns 0 or -ENOENT. */
static int links_find(links *self, int64_t key, uint64_t visits, short_link *l) {
    int err = edo_mutex_lock(&self->lock);
    if (err < 0) return err;
    if (key <= self->n) {
        self->all[key - 1].visits += visits;
        *l = self->all[key - 1];
    } else {
        err = -ENOENT;
    }
    edo_mutex_unlock(&self->lock);
    return err;
}

/* ---- Handlers -------------------------------------------------------------------------------- */

static int add_link(edo_web *w) {
    short_link l = { 0 };
    int err = edo_web_json(w, &l, &short_link_desc); // on failure a response has been made
    if (err == 0) err = links_add(edo_web_state(w), &l);
    if (err == -ENOSPC)
        return edo_web_reply_problem(w, EDO_STATUS_INSUFFICIENT_STORAGE, "no room for more links");
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_CREATED, &l, &short_link_desc);
}

typedef struct link_key {
    int64_t key;
} link_key;
EDO_DESCRIBE(link_key, EDO_FIELD(link_key, key, .min = 1))

/* An extractor of our own: the link that the path names. */
static int link_of(edo_web *w, uint64_t visits, short_link *l) {
    link_key k = { 0 };
    int err = edo_web_params(w, &k, &link_key_desc);
    if (err == 0) err = links_find(edo_web_state(w), k.key, visits, l);
    if (err == -ENOENT)
        return edo_web_reject(w, err, EDO_STATUS_NOT_FOUND, "no link %" PRId64, k.key);
    return err;
}

static int follow_link(edo_web *w) {
    short_link l = { 0 };
    int err = link_of(w, 1, &l);
    return err < 0 ? err
                   : edo_web_reply_redirect(w, EDO_STATUS_TEMPORARY_REDIRECT, edo_str_of(l.url));
}

static int show_link(edo_web *w) {
    short_link l = { 0 };
    int err = link_of(w, 0, &l);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &l, &short_link_desc);
}

/* ---- Layers ---------------------------------------------------------------------------------- */

/* A layer of our own: how long the handler took, for the tools of browsers. */
static int with_timing(edo_web *w, edo_next *next) {
    char text[48];
    edo_instant start = edo_now();
    int err = edo_next_call(next, w);
    int64_t us = edo_instant_since(edo_now(), start).ns / 1000; // a float has the locale's point
    (void)snprintf(text, sizeof text, "app;dur=%" PRId64 ".%03" PRId64, us / 1000, us % 1000);
    int set = edo_web_set_header(w, "server-timing", text);
    return err < 0 ? err : set;
}

/* A client that may add links has the token, and adds ten of them a second at most. */
static edo_router *writers(void) {
    static const char *tokens[1];
    tokens[0] = getenv("LINKS_TOKEN") ? getenv("LINKS_TOKEN") : "open-sesame";
    edo_router *r = edo_router_new();
    edo_router_post(r, "/links", add_link);
    edo_router_wrap(r, edo_http_rate_layer(&(edo_http_rate_opts){ .limit = { .num = 10 } }),
                    edo_auth_layer(&(edo_auth_opts){ .tokens = tokens, .tokens_n = 1 }));
    return r;
}

static edo_router *routes(void) {
    const edo_concurrency_opts at_once = { .calls_max = 500, .hold = edo_web_hold };
    const edo_access_log_opts log = { .format = EDO_ACCESS_LOG_JSON, .fd = STDERR_FILENO };
    edo_router *r = edo_router_new();
    edo_router_merge(r, writers());
    edo_router_get(r, "/links/{key}", show_link);
    edo_router_get(r, "/{key}", follow_link);
    edo_router_wrap_all(r, edo_request_id_layer(NULL), edo_access_log_layer(&log),
                        edo_web_around(with_timing), edo_timeout_layer(edo_s(2)),
                        edo_load_shed_layer(), edo_concurrency_layer_with(&at_once));
    return r;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int app(void *arg) {
    static links state = { .lock = EDO_MUTEX_INIT };
    const edo_web_opts opts = {
        .listen = arg, .announce = true, .state = &state, .body_max = 8192
    };
    int err = edo_web_serve(routes(), &opts);
    if (err != -ETIMEDOUT) edo_arena_deinit(&state.texts); // else a handler may still run
    return err;
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
