/* SPDX-License-Identifier: MIT */
/* client/send/redirect.c: responses that lead to another place. Spec: RFC 9110 section 15.4. */
#include "client/send/redirect.h"
#include "base/text/hex.h"
#include "client/send/replay.h"
#include "client/send/send.h"
#include "http/client/host.h"

#include <edo/http_fields.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REFERER_MAX 4096u // bytes

static bool is_redirect(edo_status status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool edoi_redirect_is_same_origin(const edo_uri *a, const edo_uri *b) {
    return edoi_equal_nocase(a->scheme, b->scheme) && edoi_equal_nocase(a->host, b->host) &&
           edo_uri_port(a) == edo_uri_port(b);
}

/* Returns where the path begins, behind scheme and host. */
static size_t location_path(edo_str s) {
    size_t at = 0, n = 0;
    while (n < s.len && !memchr("/?#:", s.ptr[n], 4)) n++;
    if (n < s.len && s.ptr[n] == ':') at = n + 1;
    if (s.len - at < 2 || memcmp(s.ptr + at, "//", 2) != 0) return at;
    at += 2;
    while (at < s.len && !memchr("/?#", s.ptr[at], 3)) at++;
    return at;
}

/* May the byte `s.ptr[i]` stand in a path, query or fragment? "%" may before two digits. */
static bool location_has_byte(edo_str s, size_t i) {
    unsigned char b = (unsigned char)s.ptr[i];
    if (b <= 0x20 || b >= 0x7f || strchr("\"<>[\\]^`{|}", b)) return false;
    if (b != '%') return true;
    return edoi_percent_byte((edo_str){ s.ptr + i, s.len - i }) >= 0;
}

int edoi_redirect_clean(edo_buf *to, edo_str location) {
    size_t path = location_path(location);
    bool has_fragment = false;
    int err = edo_buf_append(to, location.ptr, path);
    for (size_t i = path; i < location.len && err == 0; i++) {
        char b = location.ptr[i];
        bool is_kept = location_has_byte(location, i) && !(b == '#' && has_fragment);
        has_fragment |= b == '#';
        char coded[3];
        (void)edoi_percent_put(coded, (unsigned char)b);
        err = is_kept ? edo_buf_append(to, &b, 1) : edo_buf_append(to, coded, sizeof coded);
    }
    return err;
}

/* Parses a Location, if need be as `cleaned`. */
static int location_parse(edo_uri *ref, edo_buf *cleaned, edo_str location) {
    if (edo_uri_parse(ref, location) == 0) return 0;
    int err = edoi_redirect_clean(cleaned, location);
    return err < 0 ? err : edo_uri_parse(ref, (edo_str){ cleaned->ptr, cleaned->len });
}

int edoi_redirect_resolve(edo_buf *url, edo_uri *to, const edo_uri *from, edo_str location) {
    edo_buf cleaned = { 0 };
    edo_uri ref;
    int err = location_parse(&ref, &cleaned, location);
    if (err == 0 && !ref.fragment.ptr) ref.fragment = from->fragment;
    if (err == 0) err = edo_uri_resolve(from, &ref, url);
    if (err == 0) err = edo_uri_parse(to, (edo_str){ url->ptr, url->len });
    edo_buf_deinit(&cleaned);
    return err < 0 ? edo_fail(err, "the place of a redirect is no URL") : 0;
}

/* What becomes of method and body. */
static void call_change_method(edoi_call *k, edo_status status) {
    bool is_post = k->now.method == EDO_METHOD_POST;
    bool becomes_get =
        (status == 303 && k->now.method != EDO_METHOD_HEAD) || (status <= 302 && is_post);
    if (!becomes_get) return;
    k->now.method = EDO_METHOD_GET;
    k->now.method_name = EDO_STR("");
    k->now.data = EDO_STR("");
    k->now.body = NULL;
    k->now.trailers = NULL;
    k->now.expect_continue = false;
    k->drops_body = true;
}

/* Leaves the place that it was sent to: its URL becomes the Referer, unless that would tell a
 * secure place to an open one. Of a long one it is the origin alone (Referrer Policy, section
 * 8.3). */
static int call_set_referer(edoi_call *k, const edo_uri *to) {
    bool tells_secure = k->uri.scheme.len == 5 && to->scheme.len == 4;
    k->referer = (edo_str){ NULL, 0 };
    if (tells_secure) return 0;
    edo_uri from = k->uri;
    if (!edoi_redirect_is_same_origin(&from, to)) {
        from.path = EDO_STR("/");
        from.query = (edo_str){ NULL, 0 };
    }
    k->from.len = 0;
    int err = edoi_uri_print_sent(&k->from, &from);
    if (err == 0 && k->from.len > REFERER_MAX) {
        from.path = EDO_STR("/");
        from.query = (edo_str){ NULL, 0 };
        k->from.len = 0;
        err = edoi_uri_print_sent(&k->from, &from);
    }
    if (err < 0) return err;
    k->referer = (edo_str){ k->from.ptr, k->from.len };
    return 0;
}

/* ---- The program decides --------------------------------------------------------------------- */

static void been_split(edo_str *urls, size_t n, const edo_buf *been) {
    const char *at = been->ptr;
    for (size_t i = 0; i < n; i++) {
        const char *end = memchr(at, '\n', (size_t)(been->ptr + been->len - at));
        urls[i] = (edo_str){ at, (size_t)(end - at) };
        at = end + 1;
    }
}

/* Asks the program, if it wants to be asked. Returns 1, 0, or a negative code. */
static int call_ask(edoi_call *k, const edo_http_response *res, const edo_buf *url) {
    edo_http_redirect_fn *ask = k->client->redirect;
    size_t n = k->redirects_n;
    if (!ask) return 1;
    edo_str *urls = malloc((n + 1) * sizeof *urls);
    if (!urls) return -ENOMEM;
    been_split(urls, n, &k->been);
    urls[n] = k->url;
    const edo_http_redirect r = { urls, n + 1, { url->ptr, url->len }, res };
    int follows = ask(k->client->pool->dial.arg, &r);
    free(urls);
    if (follows <= 0) return follows;
    int err = edo_buf_append(&k->been, k->url.ptr, k->url.len);
    if (err == 0) err = edo_buf_append(&k->been, "\n", 1);
    return err < 0 ? err : 1;
}

/* ---- On the way ------------------------------------------------------------------------------ */

/* Goes to `url`, which it takes; `to` has views into that. */
static int call_go(edoi_call *k, edo_buf *url, const edo_uri *to, edo_status status) {
    if (!edoi_redirect_is_same_origin(&k->uri, to)) k->drops_secrets = true;
    call_change_method(k, status);
    int err = call_set_referer(k, to);
    if (err < 0) return err;
    edo_buf old = k->led_to;
    k->led_to = *url;
    *url = old;
    k->url = (edo_str){ k->led_to.ptr, k->led_to.len };
    k->uri = *to; // its views are into what `led_to` has now
    k->redirects_n++;
    return 1;
}

bool edoi_call_has_body(const edoi_call *k) {
    const edoi_replay *r = k->now.body ? edoi_replay_of(k->now.body) : NULL;
    return !k->now.body || (r && !r->has_too_much);
}

int edoi_call_rewind(const edoi_call *k) {
    if (!k->now.body || edoi_replay_again(edoi_replay_of(k->now.body))) return 0;
    return edo_fail(-EMSGSIZE, "the body was not kept whole, which is to be sent again");
}

static int call_tell_redirect(const edoi_call *k, const edo_http_response *res) {
    return k->req->informational ? k->req->informational(res, k->req->arg) : 0;
}

int edoi_call_follow(edoi_call *k, const edo_http_response *res) {
    edo_str location = edo_headers_get(&res->headers, EDO_HEADER_LOCATION);
    uint32_t most = k->client->redirects_max;
    if (!is_redirect(res->status) || location.len == 0 || most == EDO_HTTP_NO_REDIRECTS) return 0;
    bool keeps_body =
        res->status >= 307 || (res->status <= 302 && k->now.method != EDO_METHOD_POST);
    if (keeps_body && !edoi_call_has_body(k)) return 0;
    int err = call_tell_redirect(k, res);
    if (err < 0) return err;
    if (k->redirects_n >= most) return edo_fail(-ELOOP, "%u redirects", (unsigned)most);
    edo_buf url = { 0 };
    edo_uri to;
    err = edoi_redirect_resolve(&url, &to, &k->uri, location);
    if (err == 0) err = call_ask(k, res, &url);
    if (err > 0) err = call_go(k, &url, &to, res->status);
    edo_buf_deinit(&url);
    return err;
}
