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
