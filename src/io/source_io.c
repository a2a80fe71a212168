/* SPDX-License-Identifier: MIT */
/* io/source_io.c: see source_io.h. */
#include "io/source_io.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#define MESSAGE_MAX 65536u /* no datagram of UDP is longer */

bool edoi_try_is_over(edoi_source *src, edoi_dir dir, const edo_cx *cx, uint32_t tick,
                      int *result) {
    if (errno == EINTR) return false;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        edoi_source_clear(src, dir, tick);
        *result = -EAGAIN;
        return !cx;
    }
    *result = edoi_source_is_closed(src) ? edoi_source_closed_error(src) : edoi_errno();
    return true;
}

bool edoi_is_hung_up(int fd) {
    struct pollfd p = { .fd = fd };
    return errno == EIO && poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

bool edoi_stream_is_quiet(edo_stream *s) {
    if (!(s->ops->flags & EDOI_STREAM_IS_SOURCE)) return false;
    const edoi_driver *d = edoi_driver_here();
    return edoi_source_is_quiet(edoi_source_behind(s), EDOI_READ, d) && edoi_driver_is_fresh(d);
}

uint32_t edoi_least_room(const edo_stream *s) {
    if (s->ops->flags & EDO_STREAM_MESSAGES) return MESSAGE_MAX;
    return s->ops->flags & EDOI_STREAM_HAS_PACKETS ? PIPE_BUF : 1;
}
