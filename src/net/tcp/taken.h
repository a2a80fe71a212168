/* SPDX-License-Identifier: MIT */
/* net/tcp/taken.h: how to wait until the other end of a connection has taken what was written, to
 * see that it takes some of that, and to end one that takes nothing. Libraries over libedo use
 * this, too: so it is inline, over public functions.
 *
 * The kernel tells nobody when bytes are acknowledged, so these look at growing intervals: they
 * return at most as late again as they had to wait, and at most EDOI_TCP_NAP_MS later. */
#ifndef EDOI_NET_TCP_TAKEN_H
#define EDOI_NET_TCP_TAKEN_H

#include <edo/net.h>

#define EDOI_TCP_NAP_MS 500 /* at most, between two looks */

/* May more be acknowledged? */
EDOI_INLINE bool edoi_tcp_is_awaited(const edo_tcp_taken *now) {
    return now->left > 0 && !now->is_gone;
}

/* Twice as long as the last time, which is 0 at first. */
EDOI_INLINE edo_duration edoi_tcp_nap_next(edo_duration nap) {
    int64_t ms = nap.ns / 1000000;
    return edo_ms(ms == 0 ? 1 : ms < EDOI_TCP_NAP_MS / 2 ? 2 * ms : EDOI_TCP_NAP_MS);
}

/* Sleeps for what follows `*nap`, and looks again. Returns as edo_sleep(), or as
 * edo_tcp_get_taken(). */
EDO_MUST_USE EDOI_INLINE int edoi_tcp_nap(edo_tcp_taken *now, edo_duration *nap, edo_stream *s) {
    *nap = edoi_tcp_nap_next(*nap);
    int err = edo_sleep(*nap);
    return err < 0 ? err : edo_tcp_get_taken(s, now);
}

/* Waits until all was acknowledged, or the connection is over. Returns as edoi_tcp_nap(). */
EDO_MUST_USE EDOI_INLINE int edoi_tcp_await_taken(edo_stream *s) {
    edo_tcp_taken now = { .left = 0 };
    edo_duration nap = { 0 };
    int err = edo_tcp_get_taken(s, &now);
    while (err == 0 && edoi_tcp_is_awaited(&now)) err = edoi_tcp_nap(&now, &nap, s);
    return err;
}

/* A ping that was just sent, with what TLS adds: no backlog. */
#define EDOI_TCP_FEW 64u /* bytes */

EDOI_INLINE uint32_t edoi_tcp_mark_of(const edo_tcp_taken *now) {
    return now->left > EDOI_TCP_FEW && !now->is_gone ? (uint32_t)now->bytes | 1 : 0;
}

/* What the other end has taken, as a mark for edoi_tcp_takes(); 0: there is nothing more for it to
 * take than a ping, or nobody knows, as without TCP. */
EDOI_INLINE uint32_t edoi_tcp_mark(edo_stream *s) {
    edo_tcp_taken now = { .left = 0 };
    return edo_tcp_get_taken(s, &now) == 0 ? edoi_tcp_mark_of(&now) : 0;
}

/* Has the other end taken some of what was there for it at `*mark`, which is made anew? A peer that
 * does is alive, though what was sent behind that has no reply yet: it waits in buffers, of the
 * kernel and of others, which may hold some megabytes. */
EDOI_INLINE bool edoi_tcp_takes(edo_stream *s, uint32_t *mark) {
    edo_tcp_taken now = { .left = 0 };
    uint32_t before = *mark;
    if (before == 0 || edo_tcp_get_taken(s, &now) < 0) return false;
    *mark = edoi_tcp_mark_of(&now);
    return ((uint32_t)now.bytes | 1) != before;
}

/* Ends both halves of a connection over TCP: its close, which is up to the caller, resets it, and
 * the kernel gives up what was not acknowledged. Also for a stream over a socket, whose own bytes
 * cannot be written then. */
EDOI_INLINE void edoi_tcp_discard(edo_stream *s) {
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    int fd = s->ops->fd(s); // a look: edo_stream_fd() would make all closes dearer
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)shutdown(fd, SHUT_RDWR); // wakes what would write more
}

/* As edo_close(), without taking a reference, of a connection that is broken off: what was not
 * acknowledged is discarded, since nobody counts the connection any more. */
EDOI_INLINE void edoi_tcp_break_off(edo_stream *s) {
    edo_tcp_taken now = { .left = 0 };
    if (edo_tcp_get_taken(s, &now) == 0 && edoi_tcp_is_awaited(&now)) edoi_tcp_discard(s);
    edo_close(edo_stream_ref(s));
}

/* Makes the input end behind what has come, as if the other end had ended it: that wakes the task
 * that waits for it. Returns false, and does nothing, if there is no TCP. */
EDOI_INLINE bool edoi_tcp_end_input(edo_stream *s) {
    edo_tcp_taken now;
    return edo_tcp_get_taken(s, &now) == 0 && shutdown(s->ops->fd(s), SHUT_RD) == 0;
}

#endif
