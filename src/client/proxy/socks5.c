/* SPDX-License-Identifier: MIT */
/* client/proxy/socks5.c: the client's side of SOCKS5 (RFC 1928), with names and passwords
 * (RFC 1929).
 *
 *     5 n methods…           ->                      5: the version, here and below
 *                            <-  5 method
 *     1 n name m password    ->                      if the method is 2
 *                            <-  1 status
 *     5 1 0 address port     ->                      1: CONNECT
 *                            <-  5 reply 0 address port
 *
 *     address: 1 and 4 bytes, 4 and 16 bytes, or 3, a length, and a name */
#include "client/proxy/proxy.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

enum { VERSION = 5, LOGIN_VERSION = 1, CONNECT = 1 };
enum { METHOD_NONE = 0, METHOD_LOGIN = 2, METHOD_REFUSED = 0xff };
enum { ADDRESS_V4 = 1, ADDRESS_NAME = 3, ADDRESS_V6 = 4 };

#define LOGIN_MAX 255u

static const struct {
    int err;
    const char *text;
} socks5_replies[] = {
    { 0, "" },
    { -EIO, "general failure" },
    { -EACCES, "not allowed by its rules" },
    { -ENETUNREACH, "network unreachable" },
    { -EHOSTUNREACH, "host unreachable" },
    { -ECONNREFUSED, "connection refused" },
    { -ETIMEDOUT, "time to live is over" },
    { -ENOTSUP, "command not supported" },
    { -EAFNOSUPPORT, "type of address not supported" },
};

/* Reads exactly `n` bytes. */
static int socks5_read(edo_stream *s, const edoi_proxy *p, unsigned char *to, size_t n) {
    int err = edo_read_exact(s, to, n);
    if (err == -EDO_EEOF) return edo_fail(err, "proxy %s: no whole SOCKS5 reply", p->address);
    return err;
}

static int socks5_login(edo_stream *s, const edoi_proxy *p) {
    unsigned char out[3 + 2 * LOGIN_MAX], reply[2];
    size_t n = 0;
    if (p->user.len > LOGIN_MAX || p->password.len > LOGIN_MAX) return -EINVAL;
    out[n++] = LOGIN_VERSION;
    out[n++] = (unsigned char)p->user.len;
    memcpy(out + n, p->user.ptr, p->user.len);
    n += p->user.len;
    out[n++] = (unsigned char)p->password.len;
    memcpy(out + n, p->password.ptr, p->password.len);
    n += p->password.len;
    int err = edo_write_all(s, out, n);
    explicit_bzero(out, sizeof out);
    if (err == 0) err = socks5_read(s, p, reply, sizeof reply);
    if (err < 0) return err;
    if (reply[0] != LOGIN_VERSION)
        return edo_fail(-EPROTO, "proxy %s: bad reply to a login", p->address);
    if (reply[1] != 0) return edo_fail(-EACCES, "proxy %s: user or password refused", p->address);
    return 0;
}

static int socks5_greet(edo_stream *s, const edoi_proxy *p) {
    static const unsigned char with_login[] = { VERSION, 2, METHOD_NONE, METHOD_LOGIN };
    static const unsigned char without[] = { VERSION, 1, METHOD_NONE };
    unsigned char reply[2];
    int err = p->has_login ? edo_write_all(s, with_login, sizeof with_login)
                           : edo_write_all(s, without, sizeof without);
    if (err == 0) err = socks5_read(s, p, reply, sizeof reply);
    if (err < 0) return err;
    if (reply[0] != VERSION)
        return edo_fail(-EPROTO, "proxy %s: does not speak SOCKS5", p->address);
    if (reply[1] == METHOD_NONE) return 0;
    if (reply[1] == METHOD_LOGIN && p->has_login) return socks5_login(s, p);
    if (reply[1] == METHOD_REFUSED)
        return edo_fail(-EACCES, "proxy %s: %s", p->address,
                        p->has_login ? "takes neither this login nor none" : "wants a login");
    return edo_fail(-EPROTO, "proxy %s: chose a method that was not offered", p->address);
}

/* Writes the address to `to`, which has room for a name; returns how many bytes, or -EINVAL. */
static int socks5_put_address(unsigned char *to, edo_str host) {
    edo_addr addr;
    if (edoi_proxy_read_address(&addr, host)) {
        bool is_v4 = addr.sock.any.sa_family == AF_INET;
        to[0] = is_v4 ? ADDRESS_V4 : ADDRESS_V6;
        if (is_v4) {
            memcpy(to + 1, &addr.sock.v4.sin_addr, 4);
        } else {
            memcpy(to + 1, &addr.sock.v6.sin6_addr, 16);
        }
        return is_v4 ? 5 : 17;
    }
    if (host.len == 0 || host.len > EDOI_PROXY_HOST_MAX) return -EINVAL;
    to[0] = ADDRESS_NAME;
    to[1] = (unsigned char)host.len;
    memcpy(to + 2, host.ptr, host.len);
    return (int)host.len + 2;
}

/* Reads the reply to the request, with the address that it ends with, which says nothing here. */
static int socks5_take_reply(edo_stream *s, const edoi_proxy *p) {
    unsigned char head[4], rest[1 + UINT8_MAX + 2];
    size_t n;
    int err = socks5_read(s, p, head, sizeof head);
    if (err < 0) return err;
    if (head[0] != VERSION) return edo_fail(-EPROTO, "proxy %s: bad SOCKS5 reply", p->address);
    if (head[1] >= EDO_COUNT(socks5_replies))
        return edo_fail(-EPROTO, "proxy %s: unknown SOCKS5 reply %d", p->address, head[1]);
    if (head[1] != 0)
        return edo_fail(socks5_replies[head[1]].err, "proxy %s: %s", p->address,
                        socks5_replies[head[1]].text);
    switch (head[3]) {
    case ADDRESS_V4: n = 4; break;
    case ADDRESS_V6: n = 16; break;
    case ADDRESS_NAME:
        err = socks5_read(s, p, rest, 1);
        n = rest[0];
        break;
    default: return edo_fail(-EPROTO, "proxy %s: bad SOCKS5 reply", p->address);
    }
    return err < 0 ? err : socks5_read(s, p, rest, n + 2);
}

int edoi_socks5(edo_stream *s, const edoi_proxy *p, edo_str host, uint16_t port) {
    unsigned char out[3 + 2 + EDOI_PROXY_HOST_MAX + 2] = { VERSION, CONNECT, 0 };
    int n = socks5_put_address(out + 3, host);
    if (n < 0) return n;
    size_t end = 3 + (size_t)n;
    out[end++] = (unsigned char)(port >> 8);
    out[end++] = (unsigned char)(port & 0xff);
    int err = socks5_greet(s, p);
    if (err == 0) err = edo_write_all(s, out, end);
    return err < 0 ? err : socks5_take_reply(s, p);
}
