/* SPDX-License-Identifier: MIT */
/* origin.c: see origin.h. A proxy sends its header as soon as it has a connection, and a terminal
 * may say nothing for hours. So a silence is taken for one without a header. */
#include "line/origin.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/proxy_header.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

#define TLS_HANDSHAKE 0x16 /* the first byte of a client that speaks TLS, and of no header */

static const edo_duration silence_max = EDO_S(1), header_max = EDO_S(5);

bool origin_is_proxy(const options *o, const edo_addr *from) {
    edo_addr_range range;
    for (size_t i = 0; i < o->proxies_n; i++)
        if (edo_addr_range_parse(&range, o->proxies[i]) == 0 && edo_addr_range_has(&range, from))
            return true;
    return false;
}

/* One of this machine is counted only if the command line says how many there may be. */
int origin_count(ticket *at, const edo_addr *from) {
    char key[EDO_ADDR_KEY_BYTES];
    server *of = at->at;
    if (of->options->per_address == 0 && address_is_own(from)) return 0;
    if (edo_keyed_limiter_check(of->arrivals, NULL, edo_addr_key(from, key), 1) < 0) return -EBUSY;
    return ticket_count(at, from);
}

/* A proxy that speaks for itself, or does not know for whom, is counted itself. */
static int origin_count_told(ticket *at, edo_stream *peer, const edo_proxy_header *h) {
    edo_addr from;
    // A client that the proxy has got by a Unix socket has no address: the proxy is counted.
    bool is_told =
        h && !h->is_local && h->source.bytes > 0 && h->source.sock.any.sa_family != AF_UNIX;
    if (is_told) return origin_count(at, &h->source);
    return edo_stream_peer_addr(peer, &from) == 0 ? origin_count(at, &from) : 0; // it has gone
}

static int origin_log(int err) {
    if (err < 0 && err != -EBUSY && err != -ECANCELED)
        edo_debug("a proxy's connection without a right PROXY header ends: %s", edo_strerror(err));
    return err;
}

/* ---- Before lines ---------------------------------------------------------------------------- */

/* Whether nothing comes. Errors: as edo_fill(), -EDO_EEOF. */
static int origin_await(edo_buf_reader *in, bool *is_silent) {
    const char *bytes;
    EDO_DEADLINE(silence, silence_max);
    int n = edo_deadline_end(&silence, edo_fill(in, &bytes, 1));
    *is_silent = n == -ETIMEDOUT;
    if (n == 0) return -EDO_EEOF;
    return n < 0 && !*is_silent ? n : 0;
}

int origin_read(ticket *at, edo_stream *peer, edo_buf_reader *in, bool *is_silent) {
    edo_proxy_header h;
    int err = origin_await(in, is_silent);
    if (err < 0) return origin_log(err);
    if (*is_silent) return origin_count_told(at, peer, NULL);
    EDO_DEADLINE(limit, header_max);
    err = edo_deadline_end(&limit, edo_read_proxy_header(in, &h));
    if (err == -EPROTO) return origin_count_told(at, peer, NULL); // it begins with a line
    return err == 0 ? origin_count_told(at, peer, &h) : origin_log(err);
}

bool origin_is_header(const char *line, int n) {
    static const char text[] = "PROXY ";
    return strncmp(line, text, sizeof text - 1) == 0 || (n > 0 && line[0] == '\0'); // version 2
}

/* ---- Before TLS ------------------------------------------------------------------------------ */

static int origin_take(ticket *at, edo_stream *peer) {
    unsigned char first;
    edo_proxy_header h;
    edo_buf bytes = { 0 };
    int n = edo_peek(peer, &first, 1);
    if (n <= 0) return n < 0 ? n : -EDO_EEOF;
    if (first == TLS_HANDSHAKE) return origin_count_told(at, peer, NULL);
    int err = edo_take_proxy_header(peer, &h, &bytes, ORIGIN_HEADER_MAX);
    if (err == 0) err = origin_count_told(at, peer, &h);
    edo_buf_deinit(&bytes);
    return err;
}

int origin_read_before_tls(ticket *at, edo_stream *peer) {
    EDO_DEADLINE(limit, header_max);
    return origin_log(edo_deadline_end(&limit, origin_take(at, peer)));
}
