/* SPDX-License-Identifier: MIT */
/* links1.c: step 1 of a service: short links, as a JSON API and as redirections.
 *
 *     links1 [HOST:PORT]
 *     curl -d '{"url":"https://example.org/a/long/way"}' -H 'content-type: application/json' \
 *         http://127.0.0.1:8080/links
 *     curl -i http://127.0.0.1:8080/1 */
#include <edo/edo.h>
#include <edo/uri.h>
#include <edo/web.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

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

/* ---- The program ----------------------------------------------------------------------------- */

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/links", add_link);
    edo_router_get(r, "/links/{key}", show_link);
    edo_router_get(r, "/{key}", follow_link);
    return r;
}

static int app(void *arg) {
    static links state = { .lock = EDO_MUTEX_INIT };
    const edo_web_opts opts = { .listen = arg, .announce = true, .state = &state };
    int err = edo_web_serve(routes(), &opts);
    if (err != -ETIMEDOUT) edo_arena_deinit(&state.texts); // else a handler may still run
    return err;
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
