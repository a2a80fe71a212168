/* SPDX-License-Identifier: MIT */
/* client/proxy/tunnel.c: a tunnel through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6). */
#include "client/proxy/proxy.h"

#include <edo/error.h>
#include <edo/http1.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REPLY_HEAD_MAX 8192u
#define TARGET_BYTES   (EDOI_PROXY_HOST_MAX + sizeof "[]:65535")

/* Prints "host:port", an IPv6 address in brackets. */
static int tunnel_print_target(char to[TARGET_BYTES], edo_str host, uint16_t port) {
    edo_addr addr;
    if (host.len == 0 || host.len > EDOI_PROXY_HOST_MAX) return -EINVAL;
    bool is_bare_v6 = host.ptr[0] != '[' && edoi_proxy_read_address(&addr, host) &&
                      addr.sock.any.sa_family == AF_INET6;
    return snprintf(to, TARGET_BYTES, "%s%.*s%s:%d", is_bare_v6 ? "[" : "", (int)host.len, host.ptr,
                    is_bare_v6 ? "]" : "", port);
}

static int tunnel_set_fields(edo_headers *h, const edoi_proxy *p, const edo_headers *more) {
    const edo_header *f;
    int err = 0;
    for (size_t i = 0; err == 0 && more && (f = edo_headers_at(more, i)); i++)
        err = edo_headers_add(h, f);
    if (err == 0 && p->authorization.len > 0)
        err = edo_headers_set(h, EDO_HEADER_PROXY_AUTHORIZATION, p->authorization);
    return err;
}

static int tunnel_judge(const edoi_proxy *p, const edo_http_response *res) {
    if (res->status / 100 == 2) return 0;
    if (res->status == EDO_STATUS_PROXY_AUTHENTICATION_REQUIRED)
        return edo_fail(-EACCES, "proxy %s: %s (407)", p->address,
                        p->has_login ? "user or password refused" : "wants a login");
    return edo_fail(-EACCES, "proxy %s: refuses the tunnel: %d %.*s", p->address, (int)res->status,
                    (int)res->reason.len, res->reason.ptr ? res->reason.ptr : "");
}

static int tunnel_ask(edo_http1 *c, const edoi_proxy *p, edo_str target, const edo_headers *more) {
    edo_headers fields;
    edo_http_response *res;
    edo_headers_init(&fields);
    int err = tunnel_set_fields(&fields, p, more);
    const edo_http_request req = { .method = EDO_METHOD_CONNECT,
                                   .target = target,
                                   .headers = &fields };
    if (err == 0) err = edo_http1_send(c, &res, &req);
    if (err < 0 && err != -ENOMEM && err != -ECANCELED && err != -EINVAL)
        (void)edo_fail(err, "proxy %s: no good reply to CONNECT", p->address);
    if (err == 0) err = tunnel_judge(p, res);
    edo_headers_deinit(&fields);
    return err;
}

/* Ends HTTP on the connection: what follows the reply's head is the other end's, which has to wait
 * for our first word. */
static int tunnel_release(edo_stream **io, edo_http1 *c, const edoi_proxy *p) {
    edo_stream *stream;
    edo_buf ahead = { 0 };
    int err = edo_http1_release(c, &stream, &ahead);
    if (err < 0) {
        edo_http1_close(c);
        return err;
    }
    size_t n = ahead.len;
    edo_buf_deinit(&ahead);
    if (n == 0) {
        *io = stream;
        return 0;
    }
    edo_close(stream);
    return edo_fail(-EPROTO, "proxy %s: bytes behind its reply to CONNECT", p->address);
}

int edoi_proxy_tunnel(edo_stream **io, const edoi_proxy *p, edo_str host, uint16_t port,
                      const edo_headers *more) {
    char target[TARGET_BYTES];
    edo_http1 *c = NULL;
    edo_stream *stream = *io;
    *io = NULL;
    int n = tunnel_print_target(target, host, port);
    int err = n < 0 ? n : 0;
    if (err == 0)
        err = edo_http1_over(&c, stream, &(edo_http1_opts){ .head_bytes_max = REPLY_HEAD_MAX });
    if (err < 0) {
        edo_close(stream);
        return err;
    }
    err = tunnel_ask(c, p, (edo_str){ target, (size_t)n }, more);
    if (err == 0) return tunnel_release(io, c, p);
    edo_http1_close(c);
    return err;
}
