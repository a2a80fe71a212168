/* SPDX-License-Identifier: MIT */
/* http/client/host.c: see host.h. */
#include "http/client/host.h"

#include <errno.h>

const char *edoi_client_host_of(char host[EDOI_CLIENT_HOST_BYTES], const char *addr) {
    size_t n = strlen(addr);
    if (n >= EDOI_CLIENT_HOST_BYTES) return NULL;
    if (n > 3 && strcmp(addr + n - 3, ":80") == 0) n -= 3;
    memcpy(host, addr, n);
    host[n] = 0;
    return host;
}

int edoi_client_host_set(edo_buf *to, const char *host) {
    edo_str text = edo_str_of(host ? host : ""), zone = edoi_zone_of(text);
    size_t before = zone.len > 0 ? (size_t)(zone.ptr - text.ptr) : text.len;
    const char *behind = text.ptr + before + zone.len;
    edo_uri uri;
    int err = edo_buf_append(to, text.ptr, before);
    if (err == 0) err = edo_buf_append(to, behind, text.len - before - zone.len);
    if (err == 0 && to->len > 0 && edo_uri_parse_authority(&uri, (edo_str){ to->ptr, to->len }) < 0)
        err = -EINVAL;
    return err;
}

int edoi_uri_print_sent(edo_buf *to, const edo_uri *uri) {
    edo_uri u = *uri;
    char host[EDOI_CLIENT_HOST_BYTES];
    u.userinfo = u.fragment = (edo_str){ NULL, 0 };
    if (edoi_zone_of(u.host).len > 0) {
        if (u.host.len >= sizeof host) return -EINVAL;
        memcpy(host, u.host.ptr, u.host.len);
        host[u.host.len] = 0;
        edoi_zone_drop(host);
        u.host = edo_str_of(host);
    }
    return edo_uri_print(&u, to);
}

/* ---- URLs ------------------------------------------------------------------------------------ */

/* Is the byte at `at` one of the host, behind "scheme://"? */
static bool url_is_of_host(edo_str url, size_t at) {
    const char *begin = memmem(url.ptr, url.len, "://", 3);
    if (!begin || begin >= url.ptr + at) return false;
    for (const char *c = begin + 3; c < url.ptr + at; c++)
        if (strchr("/?#", *c)) return false;
    return true;
}

/* The URL itself is not told: it may have secrets. */
static int client_url_fail(int err, edo_str url) {
    size_t at = 0;
    if (err != -EINVAL) return err;
    while (at < url.len && url.ptr[at] > ' ' && url.ptr[at] < 0x7f) at++;
    if (at == url.len)
        return edo_fail(err, "it is no URL: it does not look like http://name/path?query");
    if ((unsigned char)url.ptr[at] < 0x80)
        return edo_fail(err, "byte %zu of the URL is blank or invisible: write it as %%%02X",
                        at + 1, (unsigned)url.ptr[at]);
    if (url_is_of_host(url, at))
        return edo_fail(err, "the host of the URL has letters beyond ASCII: write the name that it "
                             "has in the DNS, \"xn--...\", as the program idn2 prints it");
    return edo_fail(err,
                    "byte %zu of the URL is beyond ASCII: write %%%02X, as edo_uri_encode() "
                    "does",
                    at + 1, (unsigned)(unsigned char)url.ptr[at]);
}

int edoi_client_parse_url(edo_uri *out, edo_str url) {
    int err = edo_uri_parse(out, url);
    return err < 0 ? client_url_fail(err, url) : 0;
}
