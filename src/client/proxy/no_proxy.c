/* SPDX-License-Identifier: MIT */
/* client/proxy/no_proxy.c: the entries of NO_PROXY. */
#include "base/text/ascii.h"
#include "client/proxy/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define ENTRY_MAX (EDOI_PROXY_HOST_MAX + 16u) /* with brackets, dots and a port */

bool edoi_proxy_read_address(edo_addr *out, edo_str host) {
    char text[INET6_ADDRSTRLEN];
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = (edo_str){ host.ptr + 1, host.len - 2 };
    const char *zone = host.len > 0 ? memchr(host.ptr, '%', host.len) : NULL;
    size_t n = zone ? (size_t)(zone - host.ptr) : host.len;
    if (n == 0 || n >= sizeof text || memchr(host.ptr, 0, n)) return false;
    memcpy(text, host.ptr, n);
    text[n] = 0;
    *out = (edo_addr){ 0 };
    if (inet_pton(AF_INET6, text, &out->sock.v6.sin6_addr) == 1) {
        out->sock.v6.sin6_family = AF_INET6;
        out->bytes = sizeof out->sock.v6;
        return true;
    }
    if (zone || inet_pton(AF_INET, text, &out->sock.v4.sin_addr) != 1) return false;
    out->sock.v4.sin_family = AF_INET;
    out->bytes = sizeof out->sock.v4;
    return true;
}

static int no_proxy_read_port(uint16_t *out, edo_str digits) {
    uint32_t port = 0;
    if (digits.len == 0 || digits.len > 5) return -EINVAL;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9') return -EINVAL;
        port = port * 10 + (uint32_t)(digits.ptr[i] - '0');
    }
    if (port == 0 || port > UINT16_MAX) return -EINVAL;
    *out = (uint16_t)port;
    return 0;
}

/* Reads an address or a range without a port. */
static bool no_proxy_is_range(edoi_no_proxy *e, edo_str s) {
    char text[INET6_ADDRSTRLEN + sizeof "/128"];
    if (s.len == 0 || s.len >= sizeof text || memchr(s.ptr, 0, s.len)) return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = 0;
    e->is_range = edo_addr_range_parse(&e->range, text) == 0;
    return e->is_range;
}

/* Takes the port off the end of an entry, if it has one. */
static int no_proxy_take_port(edoi_no_proxy *e, edo_str *s) {
    const char *colon = memrchr(s->ptr, ':', s->len);
    if (!colon || s->ptr[s->len - 1] == ']') return 0;
    size_t n = (size_t)(colon - s->ptr);
    int err = no_proxy_read_port(&e->port, (edo_str){ colon + 1, s->len - n - 1 });
    s->len = n;
    return err;
}

static int no_proxy_read_name(edoi_no_proxy *e, edo_str s) {
    if (s.len >= 2 && s.ptr[0] == '*' && s.ptr[1] == '.') s.ptr++, s.len--;
    if (s.len > 0 && s.ptr[0] == '.') s.ptr++, s.len--;
    if (s.len > 0 && s.ptr[s.len - 1] == '.') s.len--;
    if (s.len == 0 || s.len > EDOI_PROXY_HOST_MAX || s.ptr[s.len - 1] == '.') return -EINVAL;
    if (no_proxy_is_range(e, s)) return 0; // "10.0.0.1."
    for (size_t i = 0; i < s.len; i++)
        if (strchr("/[]:*@%", s.ptr[i]) || (unsigned char)s.ptr[i] <= 0x20) return -EINVAL;
    e->name = s;
    return 0;
}

static int no_proxy_read(edoi_no_proxy *e, edo_str s) {
    *e = (edoi_no_proxy){ 0 };
    if (s.len > ENTRY_MAX) return -EINVAL;
    if (no_proxy_is_range(e, s)) return 0;
    int err = no_proxy_take_port(e, &s);
    if (err < 0 || s.len == 0) return -EINVAL;
    e->is_any = edo_str_equal(s, EDO_STR("*"));
    if (e->is_any) return 0;
    if (s.ptr[0] == '[' && s.ptr[s.len - 1] == ']')
        return no_proxy_is_range(e, (edo_str){ s.ptr + 1, s.len - 2 }) ? 0 : -EINVAL;
    return no_proxy_is_range(e, s) ? 0 : no_proxy_read_name(e, s);
}

int edoi_no_proxy_next(edoi_no_proxy *out, edo_str *rest) {
    static const char between[] = { ',', ' ', '\t' };
    while (rest->len > 0 && memchr(between, rest->ptr[0], sizeof between)) rest->ptr++, rest->len--;
    if (rest->len == 0) return 0;
    size_t n = 0;
    while (n < rest->len && !memchr(between, rest->ptr[n], sizeof between)) n++;
    edo_str entry = { rest->ptr, n };
    *rest = (edo_str){ rest->ptr + n, rest->len - n };
    int err = no_proxy_read(out, entry);
    return err < 0 ? err : 1;
}

static bool no_proxy_has_name(edo_str name, edo_str host) {
    if (host.len > 0 && host.ptr[host.len - 1] == '.') host.len--;
    if (host.len < name.len) return false;
    size_t before = host.len - name.len;
    if (before > 0 && host.ptr[before - 1] != '.') return false;
    return edoi_equal_nocase((edo_str){ host.ptr + before, name.len }, name);
}

bool edoi_no_proxy_has(const edoi_no_proxy *e, edo_str host, uint16_t port) {
    edo_addr addr;
    if (e->port != 0 && e->port != port) return false;
    if (e->is_any) return true;
    bool is_address = edoi_proxy_read_address(&addr, host);
    if (e->is_range) return is_address && edo_addr_range_has(&e->range, &addr);
    return !is_address && no_proxy_has_name(e->name, host);
}
