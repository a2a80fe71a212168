/* SPDX-License-Identifier: MIT */
/* http/client/host.c: see host.h. */
#include "http/client/host.h"

#include <edo/uri.h>

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
