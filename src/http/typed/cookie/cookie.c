/* SPDX-License-Identifier: MIT */
/* http/typed/cookie/cookie.c: Cookie and Set-Cookie. */
#include <edo/http_fields.h>

#include "http/typed/cookie/cookie_date.h"
#include "http/typed/param.h"
#include "http/types/bytes_of.h"

bool edo_cookie_next(edo_str *name, edo_str *value, edo_str *rest) {
    while (rest->len > 0) {
        const char *end = memchr(rest->ptr, ';', rest->len);
        size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
        edo_str pair = { rest->ptr, n };
        size_t gone = end ? n + 1 : n;
        *rest = (edo_str){ rest->ptr + gone, rest->len - gone };
        const char *equals = n > 0 ? memchr(pair.ptr, '=', n) : NULL;
        if (!equals) continue;
        size_t at = (size_t)(equals - pair.ptr);
        edo_str key = edoi_trim((edo_str){ pair.ptr, at });
        if (key.len == 0) continue;
        *name = key;
        *value = edoi_trim((edo_str){ equals + 1, n - at - 1 });
        return true;
    }
    return false;
}

/* May it be a value? Quotes may stand only around all of it. */
static bool cookie_is_value(edo_str s) {
    if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
        s = (edo_str){ s.ptr + 1, s.len - 2 };
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\",;\\", c)) return false;
    }
    return true;
}

static void put_pair(edoi_put *put, edo_str name, edo_str value) {
    edoi_put_token(put, name);
    edoi_put_check(put, cookie_is_value(value));
    edoi_put_str(put, EDO_STR("="));
    edoi_put_str(put, value);
}

int edo_cookie_print(edo_str name, edo_str value, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_between(&put, EDO_STR("; "));
    put_pair(&put, name, value);
    return edoi_put_end(&put);
}

/* ---- Set-Cookie ------------------------------------------------------------------------------ */

/* The attributes. Expires is not in the table, since its value has forms of its own. */
typedef struct attributes {
    edo_set_cookie cookie;
    edo_str expires;
} attributes;

#define AT(field) offsetof(attributes, cookie.field)

static const edoi_param_row rows_read[] = {
    { "expires", EDOI_PARAM_TEXT, offsetof(attributes, expires), 0 },
    { "max-age", EDOI_PARAM_SIGNED, AT(max_age), 0 },
    { "domain", EDOI_PARAM_TEXT, AT(domain), 0 },
    { "path", EDOI_PARAM_TEXT, AT(path), 0 },
    { "secure", EDOI_PARAM_FLAG, AT(is_secure), 0 },
    { "httponly", EDOI_PARAM_FLAG, AT(is_http_only), 0 },
    { "samesite", EDOI_PARAM_TEXT, AT(same_site), 0 },
    { "partitioned", EDOI_PARAM_FLAG, AT(is_partitioned), 0 },
};
static const edoi_params reading =
    EDOI_PARAMS(rows_read, EDOI_PARAM_COOKIE, EDOI_LAST_COUNTS, true);

#undef AT
#define AT(field) offsetof(edo_set_cookie, field)

static const edoi_param_row rows_printed[] = {
    { "Path", EDOI_PARAM_TEXT, AT(path), 0 },
    { "Domain", EDOI_PARAM_TEXT, AT(domain), 0 },
    { "Expires", EDOI_PARAM_DATE, AT(expires), 0 },
    { "Max-Age", EDOI_PARAM_SIGNED, AT(max_age), 0 },
    { "SameSite", EDOI_PARAM_TEXT, AT(same_site), 0 },
    { "Secure", EDOI_PARAM_FLAG, AT(is_secure), 0 },
    { "HttpOnly", EDOI_PARAM_FLAG, AT(is_http_only), 0 },
    { "Partitioned", EDOI_PARAM_FLAG, AT(is_partitioned), 0 },
};
static const edoi_params printing =
    EDOI_PARAMS(rows_printed, EDOI_PARAM_COOKIE, EDOI_LAST_COUNTS, false);

int edo_set_cookie_parse(edo_set_cookie *out, edo_str text) {
    attributes found = { .expires = { NULL, 0 } };
    const char *end = text.len > 0 ? memchr(text.ptr, ';', text.len) : NULL;
    edo_str pair = { text.ptr, end ? (size_t)(end - text.ptr) : text.len };
    const char *equals = pair.len > 0 ? memchr(pair.ptr, '=', pair.len) : NULL;
    if (!equals || !edoi_bytes_are(text, EDOI_BYTE_VALUE)) return -EINVAL;
    size_t n = (size_t)(equals - pair.ptr);
    edo_set_cookie *c = &found.cookie;
    (void)edoi_params_read(&reading, &found, edoi_after(text, pair.len),
                           0); // a lax table refuses nothing
    c->name = edoi_trim((edo_str){ pair.ptr, n });
    c->value = edoi_trim((edo_str){ equals + 1, pair.len - n - 1 });
    if (c->name.len == 0) return -EINVAL;
    if (found.expires.ptr)
        c->expires.is_there = edoi_cookie_date_parse(&c->expires.n, found.expires) == 0;
    if (c->domain.len > 0 && c->domain.ptr[0] == '.') c->domain.ptr++, c->domain.len--;
    if (c->domain.len == 0) c->domain = (edo_str){ NULL, 0 };
    if (c->path.len == 0 || c->path.ptr[0] != '/') c->path = (edo_str){ NULL, 0 };
    *out = *c;
    return 0;
}

static bool cookie_begins(edo_str s, edo_str prefix) {
    return s.len >= prefix.len && edoi_same_word((edo_str){ s.ptr, prefix.len }, prefix);
}

/* Does the cookie agree with the prefix of its name and with its other attributes? */
static bool is_consistent(const edo_set_cookie *c) {
    edo_str site = c->same_site;
    bool is_host = cookie_begins(c->name, EDO_STR("__Host-"));
    bool is_none = edoi_same_word(site, EDO_STR("None"));
    if (site.ptr && !is_none && !edoi_same_word(site, EDO_STR("Lax")) &&
        !edoi_same_word(site, EDO_STR("Strict")))
        return false;
    if (is_host && (c->domain.ptr || !edo_str_equal(c->path, EDO_STR("/")))) return false;
    bool must_be_secure =
        is_host || is_none || c->is_partitioned || cookie_begins(c->name, EDO_STR("__Secure-"));
    return c->is_secure || !must_be_secure;
}

int edo_set_cookie_print(const edo_set_cookie *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, is_consistent(self));
    edoi_put_check(&put, !self->path.ptr || (self->path.len > 0 && self->path.ptr[0] == '/'));
    edoi_put_check(&put, !self->domain.ptr || self->domain.len > 0);
    put_pair(&put, self->name, self->value);
    edoi_params_put(&printing, self, &put);
    return edoi_put_end(&put);
}
