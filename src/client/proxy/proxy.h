/* SPDX-License-Identifier: MIT */
/* client/proxy/proxy.h: proxies of a client: which one a request goes by, and how a connection
 * goes through it.
 *
 * A proxy and a list of proxies are counted and const: edo_rc_ref(), edo_rc_unref(); any thread.
 * A password is in no text of a trail; it is overwritten before its memory is freed.
 *
 * Ports that a URL leaves out are 80, 443 and 1080 by the scheme. curl takes 1080 also for http,
 * which hardly any proxy of HTTP listens on. */
#ifndef EDOI_CLIENT_PROXY_PROXY_H
#define EDOI_CLIENT_PROXY_PROXY_H

#include <edo/bytes.h>
#include <edo/headers.h>
#include <edo/io.h>
#include <edo/net.h>

#define EDOI_PROXY_HOST_MAX 255u /* bytes of a name, as SOCKS5 can have it */

typedef enum edoi_proxy_kind {
    EDOI_PROXY_HTTP,
    EDOI_PROXY_HTTPS,  /* HTTP over TLS to the proxy */
    EDOI_PROXY_SOCKS5, /* the client looks names up */
    EDOI_PROXY_SOCKS5H /* the proxy does */
} edoi_proxy_kind;

typedef struct edoi_proxy {
    edoi_proxy_kind kind;
    uint16_t port;
    bool has_login;
    edo_str host;           /* an IPv6 address without its brackets */
    edo_str user, password; /* decoded */
    const char *address;    /* "host:port", to connect to, and for logs */
    edo_str authorization;  /* of HTTP, with a login: the value of Proxy-Authorization */
    edo_str key;            /* equal exactly for equal proxies; it has the password */
    size_t text_bytes;
    char text[]; /* of all these */
} edoi_proxy;

/* Makes a proxy of "http://user:password@host:port", https, socks5, socks5h, or "host:port", which
 * is http. Returns -EINVAL for another text; -ENOMEM. */
EDO_MUST_USE int edoi_proxy_new(edoi_proxy **out, edo_str url);

/* ---- Lists ----------------------------------------------------------------------------------- */

typedef struct edoi_proxy_list edoi_proxy_list;

/* URLs of the proxies for the schemes http (and ws), https (and wss), and for each that has none;
 * the hosts that are reached without. NULL or "": none. */
typedef struct edoi_proxy_list_opts {
    const char *http, *https, *all, *no_proxy;
} edoi_proxy_list_opts;

/* Make a list of the options, or of the environment as it is now: http_proxy, https_proxy,
 * all_proxy, no_proxy, in lower case and then in upper case. HTTP_PROXY does not count if
 * REQUEST_METHOD is set: then this is a CGI program, and a client has chosen it as its field
 * "Proxy". `no_proxy`, unless it is NULL, takes the place of that variable. Entries of the variable
 * that are none are passed over, as others do: it was set for many programs. Return -EINVAL, with
 * the name of the option or variable in the trail, or -ENOMEM. */
EDO_MUST_USE int edoi_proxy_list_new(edoi_proxy_list **out, const edoi_proxy_list_opts *opts);
EDO_MUST_USE int edoi_proxy_list_from_environment(edoi_proxy_list **out, const char *no_proxy);

/* Has it no proxy at all? */
bool edoi_proxy_list_is_empty(const edoi_proxy_list *p);

/* Finds the proxy for a request; NULL: none. `host` may have the brackets and the last dot that
 * hosts of a URI may have. Names of this machine, as "localhost", are not special: they are reached
 * by the proxy unless they are listed. */
const edoi_proxy *edoi_proxy_list_find(const edoi_proxy_list *p, edo_str scheme, edo_str host,
                                       uint16_t port);

/* ---- Hosts that are reached without a proxy -------------------------------------------------- */

/* An entry of NO_PROXY: "*" is any host; an address or a range stands for literal addresses, and a
 * name for itself and its subdomains. */
typedef struct edoi_no_proxy {
    bool is_any, is_range;
    uint16_t port;        /* 0: any */
    edo_addr_range range; /* if `is_range` */
    edo_str name;         /* else, without dots around it */
} edoi_no_proxy;

/* Takes the next entry off `*rest`, whose entries commas or blanks divide. Returns 1, 0 at the end,
 * or -EINVAL: the entry is none. The name borrows the text. */
EDO_MUST_USE int edoi_no_proxy_next(edoi_no_proxy *out, edo_str *rest);

bool edoi_no_proxy_has(const edoi_no_proxy *e, edo_str host, uint16_t port);

/* Reads an IPv4 or IPv6 address, the latter with or without brackets, perhaps with a zone, which
 * is not looked at. Returns whether it is one: a name never is. */
bool edoi_proxy_read_address(edo_addr *out, edo_str host);

/* ---- Connections ----------------------------------------------------------------------------- */

/* Asks a SOCKS5 proxy for a connection over `s`, which is connected to it, and reads not a byte
 * behind its reply. `host` is a name, or the text of an address. Returns 0, or with the meaning of
 * the reply in the trail:
 *     -EACCES  the proxy refuses the login, or this connection; -ECONNREFUSED; -EHOSTUNREACH;
 *     -ENETUNREACH; -ETIMEDOUT; -ENOTSUP; -EAFNOSUPPORT; -EIO  as the proxy says
 *     -EPROTO  it does not speak SOCKS5;  -EDO_EEOF  it has ended the connection
 *     -EINVAL  `host` is empty, or too long;  else as reads and writes of `s`.
 * After an error, or a cancellation, the stream is good for nothing but edo_close(). */
EDO_MUST_USE int edoi_socks5(edo_stream *s, const edoi_proxy *p, edo_str host, uint16_t port);

/* Asks an HTTP proxy for a tunnel over `*io`, which is connected to it, with the fields of `more`
 * (may be NULL) and the proxy's login. Returns 0, with a stream in `*io` that is the tunnel; it
 * takes the place of the former one. On an error `*io` is closed, and NULL:
 *     -EACCES  the proxy refuses; its status and words are in the trail
 *     -EPROTO  the reply is malformed, or bytes follow it before we have said anything
 *     -EDO_ETOOLONG  the reply's head has more than 8 KiB
 *     -EINVAL  `host` is none; -ENOMEM; else as edo_http1_send().
 * A cancellation is such an error. */
EDO_MUST_USE int edoi_proxy_tunnel(edo_stream **io, const edoi_proxy *p, edo_str host,
                                   uint16_t port, const edo_headers *more);

#endif
