/* SPDX-License-Identifier: MIT */
/* client/proxy/proxy.c: a proxy out of its URL. */
#include "client/proxy/proxy.h"
#include "base/text/ascii.h"

#include <edo/http_fields.h>
#include <edo/uri.h>

#include <errno.h>
#include <string.h>

#define LOGIN_MAX 255u /* bytes of a name, and of a password, of SOCKS5 */

static const struct {
    const char *scheme;
    uint16_t port;
} kinds_of[] = {
    [EDOI_PROXY_HTTP] = { "http", 80 },
    [EDOI_PROXY_HTTPS] = { "https", 443 },
    [EDOI_PROXY_SOCKS5] = { "socks5", 1080 },
    [EDOI_PROXY_SOCKS5H] = { "socks5h", 1080 },
};

/* The parts of a proxy while they are read. `text` has them one behind the other. */
typedef struct proxy_parts {
    edoi_proxy_kind kind;
    uint16_t port;
    bool has_login;
    edo_buf user, password, text;
    edo_str host; /* in its URL, without brackets */
    size_t authorization_at, authorization_bytes, key_at, key_bytes;
} proxy_parts;

/* Overwrites what a buffer has, and gives it back. */
static void proxy_wipe(edo_buf *b) {
    if (b->cap > 0) explicit_bzero(b->ptr, b->cap);
    edo_buf_deinit(b);
}

static bool proxy_is_scheme(edo_str s, const char *name) {
    return edoi_equal_nocase(s, edo_str_of(name));
}

static bool proxy_has_controls(const edo_buf *b) {
    for (size_t i = 0; i < b->len; i++)
        if ((unsigned char)b->ptr[i] < 0x20 || b->ptr[i] == 0x7f) return true;
    return false;
}

static int proxy_read_login(proxy_parts *p, edo_str info) {
    if (!info.ptr) return 0;
    const char *colon = info.len > 0 ? memchr(info.ptr, ':', info.len) : NULL;
    size_t n = colon ? (size_t)(colon - info.ptr) : info.len;
    edo_str password = colon ? (edo_str){ colon + 1, info.len - n - 1 } : EDO_STR("");
    int err = edo_buf_reserve(&p->user, info.len); // growth would leave a copy behind
    if (err == 0) err = edo_buf_reserve(&p->password, info.len);
    if (err == 0) err = edo_uri_decode((edo_str){ info.ptr, n }, &p->user);
    if (err == 0) err = edo_uri_decode(password, &p->password);
    if (err < 0) return err;
    p->has_login = info.len > 0;
    if (proxy_has_controls(&p->user) || proxy_has_controls(&p->password)) return -EINVAL;
    if (p->kind >= EDOI_PROXY_SOCKS5 && (p->user.len > LOGIN_MAX || p->password.len > LOGIN_MAX))
        return -EINVAL;
    return 0;
}

/* Reads the host: a name, or an address; not one of a form that is yet to come ("[v1.x]"). */
static int proxy_read_host(proxy_parts *p, edo_str host) {
    edo_addr addr;
    if (host.len == 0 || memchr(host.ptr, '%', host.len)) return -EINVAL;
    if (host.ptr[0] == '[') {
        if (!edoi_proxy_read_address(&addr, host)) return -EINVAL;
        host = (edo_str){ host.ptr + 1, host.len - 2 };
    }
    p->host = host;
    return host.len > EDOI_PROXY_HOST_MAX ? -EINVAL : 0;
}

static int proxy_read_url(proxy_parts *p, edo_str url) {
    edo_uri uri;
    int err = edo_uri_parse(&uri, url);
    if (err < 0) return -EINVAL;
    size_t kind = 0;
    while (kind < EDO_COUNT(kinds_of) && !proxy_is_scheme(uri.scheme, kinds_of[kind].scheme))
        kind++;
    if (kind == EDO_COUNT(kinds_of)) return -EINVAL;
    p->kind = (edoi_proxy_kind)kind;
    if (uri.query.ptr || uri.fragment.ptr || uri.path.len > 1) return -EINVAL;
    int port = uri.port.len > 0 ? edo_uri_port(&uri) : kinds_of[kind].port;
    if (port <= 0) return -EINVAL;
    p->port = (uint16_t)port;
    err = proxy_read_host(p, uri.host);
    return err < 0 ? err : proxy_read_login(p, uri.userinfo);
}

/* ---- The texts ------------------------------------------------------------------------------- */

/* Host and port in lower case; an IPv6 address in brackets. */
static int proxy_print_address(proxy_parts *p) {
    bool is_v6 = memchr(p->host.ptr, ':', p->host.len) != NULL;
    size_t at = p->text.len;
    int err = edo_buf_printf(&p->text, "%s%.*s%s:%d", is_v6 ? "[" : "", (int)p->host.len,
                             p->host.ptr, is_v6 ? "]" : "", p->port);
    if (err < 0) return err;
    for (size_t i = at; i < p->text.len; i++)
        if (p->text.ptr[i] >= 'A' && p->text.ptr[i] <= 'Z') p->text.ptr[i] |= 0x20;
    return 0;
}

static int proxy_print_authorization(proxy_parts *p) {
    if (!p->has_login || p->kind >= EDOI_PROXY_SOCKS5) return 0;
    edo_basic basic = { .user = { p->user.ptr ? p->user.ptr : "", p->user.len },
                        .password = { p->password.ptr ? p->password.ptr : "", p->password.len } };
    return edo_basic_print(&basic, &p->text);
}

/* "scheme://user:password@host:port", encoded, so that no two logins have one text. */
static int proxy_print_key(proxy_parts *p) {
    int err = edo_buf_printf(&p->text, "%s://", kinds_of[p->kind].scheme);
    if (err == 0 && p->has_login) {
        err = edo_uri_encode((edo_str){ p->user.ptr, p->user.len }, &p->text);
        if (err == 0) err = edo_buf_append(&p->text, ":", 1);
        if (err == 0) err = edo_uri_encode((edo_str){ p->password.ptr, p->password.len }, &p->text);
        if (err == 0) err = edo_buf_append(&p->text, "@", 1);
    }
    return err < 0 ? err : proxy_print_address(p);
}

static int proxy_print(proxy_parts *p) {
    size_t login =
        p->user.len + p->password.len; // twice in base64 or so, thrice encoded, once plain
    int err = edo_buf_reserve(&p->text, 6 * login + 2 * p->host.len + 64);
    if (err == 0) err = proxy_print_address(p);
    if (err == 0) err = edo_buf_append(&p->text, "", 1); // the NUL of `address`
    p->authorization_at = p->text.len;
    if (err == 0) err = proxy_print_authorization(p);
    p->authorization_bytes = p->text.len - p->authorization_at;
    p->key_at = p->text.len;
    if (err == 0) err = proxy_print_key(p);
    p->key_bytes = p->text.len - p->key_at;
    if (err == 0 && p->user.len > 0) err = edo_buf_append(&p->text, p->user.ptr, p->user.len);
    if (err == 0 && p->password.len > 0)
        err = edo_buf_append(&p->text, p->password.ptr, p->password.len);
    return err;
}

static void proxy_deinit(void *self) {
    edoi_proxy *p = self;
    explicit_bzero(p->text, p->text_bytes);
}

static int proxy_make(edoi_proxy **out, const proxy_parts *p) {
    edoi_proxy *self = edo_rc_new(sizeof *self + p->text.len, proxy_deinit);
    if (!self) return -ENOMEM;
    memset(self, 0, sizeof *self);
    memcpy(self->text, p->text.ptr, p->text.len);
    self->text_bytes = p->text.len;
    self->kind = p->kind;
    self->port = p->port;
    self->has_login = p->has_login;
    self->address = self->text;
    bool is_v6 = self->text[0] == '[';
    self->host = (edo_str){ self->text + is_v6, p->host.len };
    if (p->authorization_bytes > 0)
        self->authorization = (edo_str){ self->text + p->authorization_at, p->authorization_bytes };
    self->key = (edo_str){ self->text + p->key_at, p->key_bytes };
    self->user = (edo_str){ self->key.ptr + p->key_bytes, p->user.len };
    self->password = (edo_str){ self->user.ptr + p->user.len, p->password.len };
    *out = self;
    return 0;
}

int edoi_proxy_new(edoi_proxy **out, edo_str url) {
    static const char mark[] = "://";
    proxy_parts p = { 0 };
    edo_buf whole = { 0 };
    if (url.len == 0 || url.len > EDO_URI_MAX) return -EINVAL;
    int err = 0;
    if (!memmem(url.ptr, url.len, mark, sizeof mark - 1))
        err = edo_buf_append(&whole, "http://", sizeof "http://" - 1);
    if (err == 0) err = edo_buf_append(&whole, url.ptr, url.len);
    if (err == 0) err = proxy_read_url(&p, (edo_str){ whole.ptr, whole.len });
    if (err == 0) err = proxy_print(&p);
    if (err == 0) err = proxy_make(out, &p);
    proxy_wipe(&p.user);
    proxy_wipe(&p.password);
    proxy_wipe(&p.text);
    proxy_wipe(&whole);
    return err;
}
