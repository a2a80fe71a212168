/* SPDX-License-Identifier: MIT */
/* client/cookies/rules.c: what RFC 6265bis says of Set-Cookie and Cookie: domains and paths,
 * which URL may set a cookie, and which cookie goes first. */
#include "base/opts.h"
#include "base/text/ascii.h"
#include "client/cookies/jar.h"
#include "http/client/host.h"

#include <edo/http_fields.h>

#include <errno.h>
#include <string.h>

/* ---- Domains, paths, prefixes ---------------------------------------------------------------- */

bool edoi_jar_domain_has(edo_str domain, edo_str host) {
    if (host.len < domain.len) return false;
    size_t before = host.len - domain.len;
    if (before > 0 && host.ptr[before - 1] != '.') return false;
    return memcmp(host.ptr + before, domain.ptr, domain.len) == 0;
}

bool edoi_jar_path_has(edo_str path, edo_str wanted) {
    if (wanted.len == 0) wanted = EDO_STR("/");
    if (wanted.len < path.len || memcmp(wanted.ptr, path.ptr, path.len) != 0) return false;
    return wanted.len == path.len || path.ptr[path.len - 1] == '/' || wanted.ptr[path.len] == '/';
}

bool edoi_jar_prefix_holds(const edo_cookie *c) {
    if (edoi_begins_nocase(c->name, EDO_STR("__Secure-"))) return c->is_secure;
    if (!edoi_begins_nocase(c->name, EDO_STR("__Host-"))) return true;
    return c->is_secure && c->is_host_only && edo_str_equal(c->path, EDO_STR("/"));
}

/* Copies a host in lower case, with a NUL. A zone stays, as it is: the address in another one is
 * another machine. */
static int jar_copy_host(edoi_jar_place *to, edo_str host) {
    if (host.len > 0 && host.ptr[host.len - 1] == '.') host.len--;
    if (host.len == 0 || host.len >= sizeof to->host) return -EINVAL;
    edo_str zone = edoi_zone_of(host);
    size_t n = 0;
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (c <= 0x20 || c >= 0x7f) return -EINVAL;
        bool is_of_zone =
            zone.len > 0 && host.ptr + i >= zone.ptr && host.ptr + i < zone.ptr + zone.len;
        if (c == '%' && !is_of_zone) return -EINVAL;
        to->host[n++] = is_of_zone ? (char)c : edoi_lower((char)c);
    }
    to->host[n] = 0;
    to->host_n = n;
    return 0;
}

static bool jar_is_word(edo_str s, const char *word) {
    return edoi_equal_nocase(s, edo_str_of(word));
}

int edoi_jar_read_url(edoi_jar_place *out, edo_str url) {
    edo_uri uri;
    if (edo_uri_parse(&uri, url) < 0) return -EINVAL;
    out->is_secure = jar_is_word(uri.scheme, "https") || jar_is_word(uri.scheme, "wss");
    if (!out->is_secure && !jar_is_word(uri.scheme, "http") && !jar_is_word(uri.scheme, "ws"))
        return -EINVAL;
    out->path = uri.path.len > 0 ? uri.path : EDO_STR("/");
    return jar_copy_host(out, uri.host);
}

/* ---- Set-Cookie ------------------------------------------------------------------------------ */

/* Up to the last slash, without it, but for the first one (section 5.1.4). */
static edo_str rules_default_path(edo_str path) {
    const char *slash = memrchr(path.ptr, '/', path.len);
    if (path.ptr[0] != '/' || slash == path.ptr) return EDO_STR("/");
    return (edo_str){ path.ptr, (size_t)(slash - path.ptr) };
}

/* Sets domain and host-only. `domain` has room for the domain in lower case. */
static int rules_set_domain(edo_cookie *c, const edo_set_cookie *field, const edoi_jar_place *from,
                            edoi_jar_place *domain) {
    edo_str host = { from->host, from->host_n };
    c->domain = host;
    c->is_host_only = true;
    if (field->domain.len == 0 || field->domain.len > EDO_COOKIE_JAR_ATTRIBUTE_MAX) return 0;
    if (field->domain.ptr[field->domain.len - 1] == '.') return -EACCES;
    if (jar_copy_host(domain, field->domain) < 0) return -EACCES;
    edo_str wanted = { domain->host, domain->host_n };
    bool may_span = edoi_jar_may_span(domain->host);
    if (edo_str_equal(wanted, host)) {
        c->is_host_only = !may_span; // of a public suffix, or an address: of itself
        return 0;
    }
    if (!may_span || !edoi_jar_may_span(from->host) || !edoi_jar_domain_has(wanted, host))
        return -EACCES;
    c->domain = wanted;
    c->is_host_only = false;
    return 0;
}

static edo_str rules_same_site(edo_str text) {
    static const char *const words[] = { "Strict", "Lax", "None" };
    for (size_t i = 0; text.ptr && i < EDO_COUNT(words); i++)
        if (jar_is_word(text, words[i])) return edo_str_of(words[i]);
    return (edo_str){ NULL, 0 };
}

/* When the time of a cookie is over; 1, which is long ago, stands for all before that. Max-Age
 * counts more than Expires. */
static int64_t rules_expires(const edo_set_cookie *field, int64_t now) {
    int64_t at = 0;
    if (field->expires.is_there) at = field->expires.n < 1 ? 1 : field->expires.n;
    if (!field->max_age.is_there) return at;
    if (field->max_age.n <= 0) return 1;
    if (field->max_age.n > EDO_COOKIE_JAR_LIFETIME_MAX_S)
        return now + EDO_COOKIE_JAR_LIFETIME_MAX_S;
    return now + field->max_age.n;
}

int edo_cookie_jar_store(edo_cookie_jar *jar, edo_str url, edo_str text) {
    edoi_jar_place from, domain;
    edo_set_cookie field;
    int err = edoi_jar_read_url(&from, url);
    if (err < 0) return err;
    if (edo_set_cookie_parse(&field, text) < 0) return -EBADMSG;
    edo_cookie c = { .name = field.name,
                     .value = field.value,
                     .path = field.path,
                     .same_site = rules_same_site(field.same_site),
                     .expires = rules_expires(&field, edoi_jar_now(jar)),
                     .is_secure = field.is_secure,
                     .is_http_only = field.is_http_only };
    if (!c.path.ptr || c.path.len > EDO_COOKIE_JAR_ATTRIBUTE_MAX)
        c.path = rules_default_path(from.path);
    if (c.path.len > EDO_COOKIE_JAR_ATTRIBUTE_MAX) return -EMSGSIZE; // of a long URL
    if (c.is_secure && !from.is_secure) return -EACCES;
    err = rules_set_domain(&c, &field, &from, &domain);
    return err < 0 ? err : edoi_jar_put(jar, &c, !c.is_secure && !from.is_secure);
}

/* ---- Cookies of the program ------------------------------------------------------------------ */

/* May the bytes stand in a part of a cookie? */
static bool rules_is_text(edo_str s, const char *but) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char b = (unsigned char)s.ptr[i];
        if ((b < 0x20 && b != '\t') || b == 0x7f || strchr(but, b)) return false;
    }
    return true;
}

/* Blanks around a name or value would be gone when it is read. */
static bool rules_is_trimmed(edo_str s) {
    return s.len == 0 || (!strchr(" \t", s.ptr[0]) && !strchr(" \t", s.ptr[s.len - 1]));
}

int edo_cookie_jar_add(edo_cookie_jar *jar, const edo_cookie *cookie) {
    edoi_jar_place domain;
    edo_cookie c = *cookie;
    if (!edoi_all_zero(c.reserved, EDO_COUNT(c.reserved)) || c.expires < 0) return -EINVAL;
    if (c.path.len == 0) c.path = EDO_STR("/");
    if (c.name.len == 0 || !rules_is_text(c.name, ";=") || !rules_is_text(c.value, ";") ||
        !rules_is_trimmed(c.name) || !rules_is_trimmed(c.value))
        return -EINVAL;
    if (c.path.ptr[0] != '/' || !rules_is_text(c.path, ";")) return -EINVAL;
    if (c.path.len > EDO_COOKIE_JAR_ATTRIBUTE_MAX) return -EINVAL;
    if (c.domain.len == 0 || c.domain.ptr[0] == '.' || !rules_is_text(c.domain, ";/@\t"))
        return -EINVAL;
    if (jar_copy_host(&domain, c.domain) < 0) return -EINVAL;
    c.domain = (edo_str){ domain.host, domain.host_n };
    c.same_site = rules_same_site(c.same_site);
    if (!c.is_host_only && !edoi_jar_may_span(domain.host)) return -EACCES;
    return edoi_jar_put(jar, &c, false);
}

/* ---- Cookie ---------------------------------------------------------------------------------- */

/* Longer paths come first, then older cookies. */
static bool rules_comes_before(const edoi_jar_cookie *a, const edoi_jar_cookie *b) {
    if (a->cookie.path.len != b->cookie.path.len) return a->cookie.path.len > b->cookie.path.len;
    return a->made < b->made;
}

static void rules_sort(edoi_jar_cookie **list, size_t n) {
    for (size_t i = 1; i < n; i++) {
        edoi_jar_cookie *c = list[i];
        size_t at = i;
        for (; at > 0 && rules_comes_before(c, list[at - 1]); at--) list[at] = list[at - 1];
        list[at] = c;
    }
}

int edoi_jar_print(edo_cookie_jar *jar, edo_str url, size_t most, edo_buf *out) {
    edoi_jar_place to;
    edoi_jar_cookie *found[EDO_COOKIE_JAR_SITE_MAX];
    int err = edoi_jar_read_url(&to, url);
    if (err < 0) return err;
    if (most > EDO_COOKIE_JAR_FIELD_MAX) most = EDO_COOKIE_JAR_FIELD_MAX;
    size_t n = edoi_jar_find(jar, &to, most, found), bytes = 0;
    rules_sort(found, n);
    for (size_t i = 0; i < n; i++)
        bytes += found[i]->cookie.name.len + found[i]->cookie.value.len + sizeof "=; ";
    if (n > 0) err = edo_buf_reserve(out, bytes);
    for (size_t i = 0; i < n && err == 0; i++) {
        const edo_cookie *c = &found[i]->cookie;
        if (i > 0) err = edo_buf_append(out, "; ", 2);
        if (err == 0) err = edo_buf_append(out, c->name.ptr, c->name.len);
        if (err == 0) err = edo_buf_append(out, "=", 1);
        if (err == 0) err = edo_buf_append(out, c->value.ptr, c->value.len);
    }
    for (size_t i = 0; i < n; i++) edo_rc_unref(found[i]);
    return err;
}

int edo_cookie_jar_print(edo_cookie_jar *jar, edo_str url, edo_buf *out) {
    return edoi_jar_print(jar, url, EDO_COOKIE_JAR_FIELD_MAX, out);
}
