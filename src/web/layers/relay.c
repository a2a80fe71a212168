/* SPDX-License-Identifier: MIT */
/* web/layers/relay.c: see relay.h.
 *
 * inv. 1: the timer is set only while an operation waits: a poll sets it, and a result or `unwait`,
 *         one of which ends each operation, drops it. */
#include "web/layers/relay.h"

#include "base/assert.h"

#include <errno.h>

static edoi_relay *relay_of(edo_stream *s) {
    return (edoi_relay *)(void *)s; // the stream is the first member
}

static edo_stream *other_of(edo_stream *s) {
    return *relay_of(s)->other;
}

static edo_polled layers_relay_ready(int *result, int value) {
    *result = value;
    return EDO_READY;
}

/* ---- Time ------------------------------------------------------------------------------------ */

static void relay_disarm(edoi_relay *r) {
    if (r->is_armed) edo_drop(&r->limit.base);
    r->is_armed = false;
}

static edo_polled time_out(edoi_relay *r, int *result) {
    r->has_timed_out = true;
    return layers_relay_ready(result, -ETIMEDOUT);
}

static void relay_arm(edoi_relay *r) {
    EDO_INV("relay inv. 1", !r->is_armed);
    edo_instant end = r->end;
    if (r->idle_max.ns > 0) {
        edo_instant idle = edo_instant_add(edo_now(), r->idle_max);
        if (!r->has_end || edo_instant_since(idle, end).ns < 0) end = idle;
    }
    (void)edo_sleep_at_init(&r->limit, end);
    r->is_armed = true;
}

static bool relay_is_over(const edoi_relay *r) {
    return r->has_end && edo_instant_since(edo_now(), r->end).ns >= 0;
}

/* Waits, unless the time is over: then the operation is unlinked here, since the caller of a poll
 * that is ready at once does not call `unwait`. */
static edo_polled pending(edoi_relay *r, edo_cx *cx, edo_io_wait *wait, int *result) {
    if (!cx || (r->idle_max.ns <= 0 && !r->has_end)) return EDO_PENDING;
    if (!r->is_armed) relay_arm(r);
    if (edo_poll(&r->limit.base, cx) == EDO_PENDING) return EDO_PENDING;
    r->is_armed = false;
    edo_stream *other = *r->other;
    other->ops->unwait(other, wait);
    return time_out(r, result);
}

/* ---- The stream ------------------------------------------------------------------------------ */

/* Reads behind the limit, which shows whether there is more. */
static edo_polled read_beyond(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    char byte;
    struct iovec to = { &byte, 1 };
    edo_stream *other = other_of(s);
    if (other->ops->poll_read(other, cx, wait, &to, 1, 0, result) == EDO_PENDING)
        return pending(relay_of(s), cx, wait, result);
    EDO_INV("relay inv. 1", !relay_of(s)->is_armed); // a relay limits the length or the time
    return layers_relay_ready(result, *result > 0 ? -EMSGSIZE : *result);
}

static edo_polled relay_poll_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                  const struct iovec *to, size_t n, uint32_t flags, int *result) {
    edoi_relay *r = relay_of(s);
    edo_stream *other = other_of(s);
    if (relay_is_over(r)) return time_out(r, result);
    while (n > 1 && to->iov_len == 0) to++, n--;
    if (r->left == 0) return read_beyond(s, cx, wait, result);
    struct iovec first = *to;
    if (first.iov_len > r->left) first.iov_len = (size_t)r->left;
    if (other->ops->poll_read(other, cx, wait, &first, 1, flags, result) == EDO_PENDING)
        return pending(r, cx, wait, result);
    relay_disarm(r);
    EDO_ASSERT(*result <= 0 || (uint64_t)*result <= r->left);
    if (*result > 0 && r->left != UINT64_MAX && !(flags & EDO_IO_PEEK))
        r->left -= (uint64_t)*result;
    return EDO_READY;
}

static edo_polled relay_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    edoi_relay *r = relay_of(s);
    if (relay_poll_read(s, cx, wait, to, n, flags, result) == EDO_PENDING) return EDO_PENDING;
    if (r->told && *result != -EAGAIN && !(flags & EDO_IO_PEEK)) *result = r->told(r, *result);
    return EDO_READY;
}

static void copy_written(edoi_relay *r, const struct iovec *from, size_t n, size_t bytes) {
    for (size_t i = 0; i < n && bytes > 0 && !r->is_cut; i++) {
        size_t part = from[i].iov_len < bytes ? from[i].iov_len : bytes;
        r->is_cut = part > r->copy_max - r->copy->len ||
                    edo_buf_append(r->copy, from[i].iov_base, part) < 0;
        bytes -= part;
    }
}

static edo_polled relay_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    edoi_relay *r = relay_of(s);
    edo_stream *other = other_of(s);
    if (relay_is_over(r)) return time_out(r, result);
    if (other->ops->poll_write(other, cx, wait, from, n, result) == EDO_PENDING)
        return pending(r, cx, wait, result);
    relay_disarm(r);
    if (r->copy && *result > 0) copy_written(r, from, n, (size_t)*result);
    if (r->wrote && *result > 0) r->wrote(r, (size_t)*result);
    return EDO_READY;
}

static edo_polled relay_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_relay *r = relay_of(s);
    edo_stream *other = other_of(s);
    if (!other->ops->poll_flush) return layers_relay_ready(result, 0);
    if (other->ops->poll_flush(other, cx, wait, result) == EDO_PENDING)
        return pending(r, cx, wait, result);
    relay_disarm(r);
    return EDO_READY;
}

static edo_polled relay_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *other = other_of(s);
    return other->ops->poll_shutdown(other, cx, wait, result);
}

static edo_polled relay_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    edo_stream *other = other_of(s);
    if (!other->ops->poll_ready) return layers_relay_ready(result, -ENOTSUP);
    return other->ops->poll_ready(other, cx, wait, what, result);
}

static void relay_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *other = other_of(s);
    relay_disarm(relay_of(s));
    other->ops->unwait(other, wait);
}

static void relay_close(edo_stream *s) {
    edo_stream *other = other_of(s);
    other->ops->close(other);
}

static void relay_free(edo_stream *s) {
    (void)s; // the request's arena frees it
}

static int relay_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops relay_ops = { .name = "edo_body_relay",
                                          .poll_read = relay_read,
                                          .poll_write = relay_write,
                                          .poll_shutdown = relay_shutdown,
                                          .poll_ready = relay_ready,
                                          .unwait = relay_unwait,
                                          .close = relay_close,
                                          .free = relay_free,
                                          .fd = relay_fd,
                                          .poll_flush = relay_flush };

void edoi_relay_init(edoi_relay *r, edo_stream *const *other) {
    *r = (edoi_relay){ .stream = { .ops = &relay_ops, .refs = EDOI_ATOMIC_INIT(1) },
                       .other = other,
                       .left = UINT64_MAX };
}
