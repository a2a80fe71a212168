/* SPDX-License-Identifier: MIT */
/* web/cookies/cookies.c: the cookies of a request. There is no jar: changes are in the Set-Cookie
 * fields of the response. */
#include "web/cookies/cookies.h"

#include "base/opts.h"
#include "web/request/web.h"

#include <edo/http_fields.h>

#include <errno.h>

#define NS_PER_S INT64_C(1000000000)

/* ---- Looking --------------------------------------------------------------------------------- */

/* Returns the next Set-Cookie field of the response for `name`. */
static const edo_header *next_set(const edo_headers *h, const edo_header *last, edo_str name,
                                  edo_set_cookie *out) {
    while ((last = edo_headers_next(h, last, EDO_HEADER_SET_COOKIE)))
        if (edo_set_cookie_parse(out, last->value) == 0 && edo_str_equal(out->name, name)) break;
    return last;
}

/* Calls `fn` for each value of the name, until it returns another code than -EBADMSG: for those
 * alone that this request has set, if it has set any; a removed cookie has no value. Returns the
 * last code of `fn`, or -ENOENT. A head has room for hundreds of cookies, each of which costs a
 * digest for each key, so not all are tried. */
static int each(edo_web *w, edo_str name, int (*fn)(void *arg, edo_str value), void *arg) {
    const edo_headers *set = &edo_web_response(w)->headers, *h = &edo_web_request(w)->headers;
    edo_set_cookie changed;
    unsigned tries = 0;
    int result = -ENOENT;
    bool is_set = false;
    for (const edo_header *f = NULL; (f = next_set(set, f, name, &changed));) {
        is_set = true;
        bool is_removed = changed.max_age.is_there && changed.max_age.n <= 0;
        if (!is_removed && (result = fn(arg, changed.value)) != -EBADMSG) return result;
    }
    if (is_set) return result;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_COOKIE));) {
        edo_str found, value, rest = f->value;
        while (edo_cookie_next(&found, &value, &rest)) {
            if (!edo_str_equal(found, name)) continue;
            if (tries++ == EDO_COOKIE_TRIES_MAX) return result;
            if ((result = fn(arg, value)) != -EBADMSG) return result;
        }
    }
    return result;
}

static int cookies_keep(void *arg, edo_str value) {
    *(edo_str *)arg = value;
    return 0;
}

edo_str edo_cookies_get(edo_web *w, const char *name) {
    edo_str value = { 0 };
    (void)each(w, edo_str_of(name), cookies_keep, &value); // without one it is as before
    return value;
}

/* ---- Changing -------------------------------------------------------------------------------- */

/* Are two cookies one for a browser (RFC 6265 section 5.3)? */
static bool set_cookie_is_same(const edo_set_cookie *a, const edo_set_cookie *b) {
    return edo_str_equal(a->name, b->name) && edo_str_equal(a->path, b->path) &&
           edo_str_equal(a->domain, b->domain);
}

/* Removes the cookie's field from the response, if it is there. */
static int cookies_take_out(edo_web *w, const edo_set_cookie *cookie) {
    edo_headers *h = &edo_web_response(w)->headers;
    size_t n = 0, others = 0;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_SET_COOKIE));) n++;
    if (n == 0) return 0;
    edo_str *kept = edo_arena_alloc(edo_web_request(w)->arena, n * sizeof *kept);
    if (!kept) return -ENOMEM;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_SET_COOKIE));) {
        edo_set_cookie other;
        bool goes =
            edo_set_cookie_parse(&other, f->value) == 0 && set_cookie_is_same(&other, cookie);
        if (!goes) kept[others++] = f->value; // its text stays in the memory of the map
    }
    if (others == n) return 0;
    (void)edo_headers_remove(h, EDO_HEADER_SET_COOKIE);
    for (size_t i = 0; i < others; i++) {
        int err = edo_headers_append(h, EDO_HEADER_SET_COOKIE, kept[i]);
        if (err < 0) return err;
    }
    return 0;
}

static int cookies_put(edo_web *w, const edo_set_cookie *cookie) {
    edo_buf text = { 0 };
    int err = edo_set_cookie_print(cookie, &text);
    if (err == 0) err = cookies_take_out(w, cookie);
    if (err == 0)
        err = edo_headers_append(&edo_web_response(w)->headers, EDO_HEADER_SET_COOKIE,
                                 (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
    return err;
}

/* Sets the attributes. */
static int set_cookie_describe(edo_set_cookie *out, const char *name, edo_str value,
                               const edo_cookie_opts *opts) {
    static const edo_cookie_opts defaults = { 0 };
    static const char *const sites[] = { "Lax", "Strict", "None" };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if ((size_t)opts->same_site >= EDO_COUNT(sites) || opts->max_age.ns < 0) return -EINVAL;
    *out = (edo_set_cookie){ .name = edo_str_of(name),
                             .value = value.ptr ? value : EDO_STR(""),
                             .path = opts->path ? edo_str_of(opts->path) : EDO_STR("/"),
                             .same_site = edo_str_of(sites[opts->same_site]),
                             .is_secure = !opts->plain_http,
                             .is_http_only = !opts->for_scripts,
                             .is_partitioned = opts->is_partitioned };
    if (opts->domain) out->domain = edo_str_of(opts->domain + (*opts->domain == '.'));
    int64_t seconds = opts->max_age.ns / NS_PER_S + (opts->max_age.ns % NS_PER_S > 0);
    if (seconds > 0) out->max_age = (edo_header_number){ .is_there = true, .n = seconds };
    return out->name.len + out->value.len > EDO_COOKIE_BYTES_MAX ? -EMSGSIZE : 0;
}

int edoi_cookie_check(const char *name, const edo_cookie_opts *opts) {
    edo_set_cookie cookie;
    edo_buf text = { 0 };
    int err = set_cookie_describe(&cookie, name, EDO_STR(""), opts);
    if (err == 0) err = edo_set_cookie_print(&cookie, &text);
    edo_buf_deinit(&text);
    return err;
}

int edo_cookies_set(edo_web *w, const char *name, edo_str value, const edo_cookie_opts *opts) {
    edo_set_cookie cookie;
    int err = set_cookie_describe(&cookie, name, value, opts);
    return err < 0 ? err : cookies_put(w, &cookie);
}

/* Has the client sent a cookie of that name? */
static bool cookies_is_sent(edo_web *w, edo_str name) {
    const edo_headers *h = &edo_web_request(w)->headers;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_COOKIE));) {
        edo_str found, value, rest = f->value;
        while (edo_cookie_next(&found, &value, &rest))
            if (edo_str_equal(found, name)) return true;
    }
    return false;
}

int edo_cookies_remove(edo_web *w, const char *name, const edo_cookie_opts *opts) {
    edo_set_cookie cookie;
    int err = set_cookie_describe(&cookie, name, EDO_STR(""), opts);
    if (err < 0) return err;
    cookie.max_age = cookie.expires = (edo_header_number){ .is_there = true, .n = 0 };
    return cookies_is_sent(w, cookie.name) ? cookies_put(w, &cookie) : cookies_take_out(w, &cookie);
}

/* ---- Signed and private ---------------------------------------------------------------------- */

typedef struct reading {
    edo_web *w;
    const edo_cookie_keys *keys;
    edo_str name;
    edo_str *out;
} reading;

static int read_signed(void *arg, edo_str text) {
    const reading *r = arg;
    return edoi_cookie_verify(r->out, r->keys, r->name, text);
}

static int read_private(void *arg, edo_str text) {
    const reading *r = arg;
    edo_buf opened = { 0 };
    int err = edoi_cookie_unseal(&opened, r->keys, r->name, text);
    char *copy = NULL;
    if (err == 0) copy = edo_arena_copy(edo_web_request(r->w)->arena, opened.ptr, opened.len);
    if (err == 0 && !copy) err = -ENOMEM;
    if (err == 0) *r->out = (edo_str){ copy, opened.len };
    edo_buf_deinit(&opened);
    return err;
}

static int read_secret(reading *r, int (*read)(void *arg, edo_str text)) {
    int err = each(r->w, r->name, read, r);
    if (err != -EBADMSG) return err;
    return edo_fail_with(err, &r->w, "the cookie \"%.*s\" is not as it was set", (int)r->name.len,
                         r->name.ptr); // the log knows by this payload whose fault it is
}

int edo_cookies_get_signed(edo_web *w, const edo_cookie_keys *keys, const char *name,
                           edo_str *out) {
    reading r = { w, keys, edo_str_of(name), out };
    return read_secret(&r, read_signed);
}

int edo_cookies_get_private(edo_web *w, const edo_cookie_keys *keys, const char *name,
                            edo_str *out) {
    reading r = { w, keys, edo_str_of(name), out };
    return read_secret(&r, read_private);
}

typedef int make_fn(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str value);

static int set_made(edo_web *w, const edo_cookie_keys *keys, make_fn *make, const char *name,
                    edo_str value, const edo_cookie_opts *opts) {
    edo_buf text = { 0 };
    if (value.len > EDO_COOKIE_BYTES_MAX) return -EMSGSIZE;
    int err = make(&text, keys, edo_str_of(name), value);
    if (err == 0) err = edo_cookies_set(w, name, (edo_str){ text.ptr, text.len }, opts);
    edo_buf_deinit(&text);
    return err;
}

int edo_cookies_set_signed(edo_web *w, const edo_cookie_keys *keys, const char *name, edo_str value,
                           const edo_cookie_opts *opts) {
    return set_made(w, keys, edoi_cookie_sign, name, value, opts);
}

int edo_cookies_set_private(edo_web *w, const edo_cookie_keys *keys, const char *name,
                            edo_str value, const edo_cookie_opts *opts) {
    return set_made(w, keys, edoi_cookie_seal, name, value, opts);
}
