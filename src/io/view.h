/* SPDX-License-Identifier: MIT */
/* io/view.h: streams that lie in an object of the program and pass most operations on to another
 * stream.
 *
 * inv. 1: a view has EDOI_VIEW_REFS references, of which only edo_close() gives one back, and one
 *         for each pending operation. So its `free` is never called by an operation that ends, and
 *         edo_close() of a view closes the stream behind it. */
#ifndef EDOI_IO_VIEW_H
#define EDOI_IO_VIEW_H

#include "base/assert.h"
#include "base/atomic.h"

#include <edo/io.h>

#include <errno.h>

#define EDOI_VIEW_REFS 2u

/* Does an operation wait? An object that was all zero is allowed. */
EDOI_INLINE bool edoi_view_is_used(const edo_stream *view) {
    // relaxed: the program orders the last operation before the question
    uint32_t refs = edoi_load_rlx_u32(&view->refs);
    EDO_INV("view inv. 1", refs == 0 || refs >= EDOI_VIEW_REFS - 1);
    return refs > EDOI_VIEW_REFS;
}

/* poll_flush, poll_ready and poll_seek of `s`, which may lack them. */
EDOI_INLINE edo_polled edoi_stream_poll_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                              int *result) {
    *result = 0;
    return s->ops->poll_flush ? s->ops->poll_flush(s, cx, wait, result) : EDO_READY;
}

EDOI_INLINE edo_polled edoi_stream_poll_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                              uint32_t what, int *result) {
    *result = -ENOTSUP;
    return s->ops->poll_ready ? s->ops->poll_ready(s, cx, wait, what, result) : EDO_READY;
}

EDOI_INLINE edo_polled edoi_stream_poll_seek(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                             int64_t offset, int whence, uint64_t *at,
                                             int *result) {
    *result = -ESPIPE;
    return s->ops->poll_seek ? s->ops->poll_seek(s, cx, wait, offset, whence, at, result)
                             : EDO_READY;
}

#endif
