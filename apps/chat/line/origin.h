/* SPDX-License-Identifier: MIT */
/* origin.h: from where a terminal has come, if a proxy of --trust-proxy is in between: that may
 * tell it by a header of the PROXY protocol, before lines and before TLS. */
#ifndef CHAT_ORIGIN_H
#define CHAT_ORIGIN_H

#include "server.h"

#include <edo/buf_io.h>

#define ORIGIN_HEADER_MAX                                                                          \
    2048 /* bytes; what a proxy tells of a client's certificate is among them */

/* Whether that address is of a proxy. */
bool origin_is_proxy(const options *o, const edo_addr *from);

/* Takes a terminal's place among those of its address. Returns 0, or -EBUSY if the address has as
 * many as it may, or too many come. */
EDO_MUST_USE int origin_count(ticket *at, const edo_addr *from);

/* Reads the header of a connection that a proxy has made, and counts it for the address that it
 * tells; without one for the proxy's own. `in` has what was read behind it. Waits for a second if
 * nothing comes: then `*is_silent`, and a header must not come any more. Errors: as
 * edo_read_proxy_header(), -ETIMEDOUT after some seconds, origin_count(). */
EDO_MUST_USE int origin_read(ticket *at, edo_stream *peer, edo_buf_reader *in, bool *is_silent);

/* The same before TLS, whose client speaks first. */
EDO_MUST_USE int origin_read_before_tls(ticket *at, edo_stream *peer);

/* Whether a line begins like a header, of `n` bytes or negative if it is cut: one that has come too
 * late, and is not to be said. */
bool origin_is_header(const char *line, int n);

#endif
