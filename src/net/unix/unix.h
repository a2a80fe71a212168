/* SPDX-License-Identifier: MIT */
/* net/unix/unix.h: common code of Unix sockets. */
#ifndef EDOI_NET_UNIX_UNIX_H
#define EDOI_NET_UNIX_UNIX_H

#include "net/socket.h"

#include <edo/unix.h>

EDOI_INLINE bool edoi_is_unix(const edo_stream *s) {
    return s->ops == &edoi_unix_ops || s->ops == &edoi_unix_dgram_ops ||
           s->ops == &edoi_unix_seqpacket_ops;
}

/* Tries to connect; -EAGAIN: the listener's queue is full. Then a socket with an address of its own
 * is in `*kept`, for the next try or for the caller to close; otherwise `*kept` is -1, as at
 * first. */
EDO_MUST_USE int edoi_unix_connect_once(edo_stream **out, const edo_stream_ops *kind,
                                        const char *path, const edo_unix_opts *opts, int *kept);

#endif
