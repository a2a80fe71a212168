/* SPDX-License-Identifier: MIT */
/* io/over/hop.c: see hop.h. */
#include "io/over/hop.h"

#include "base/assert.h"

#include "base/memory/cache.h"
#include "io/view.h"
#include "records/linked.h"

#include <string.h>

/* relaxed: only the operation looks at it */
static void set_hop(edo_io_wait *wait, edoi_hop *hop) {
    if (hop) {
        edoi_linked_add(wait);
    } else {
        edoi_linked_remove(wait);
    }
    edoi_store_rlx_ptr(&wait->next, hop);
}

int edoi_hop_begin(edoi_hop **out, edo_io_wait *wait, const edo_cx *cx, edo_stream *at,
                   size_t bytes) {
    *out = NULL;
    if (!cx) return 0;
    edoi_hop *hop = edoi_hop_of(wait);
    if (hop && hop->at != at) {
        edoi_hop_free(wait);
        hop = NULL;
    }
    if (!hop) {
        hop = (edoi_hop *)edoi_cache_get(bytes);
        if (!hop) return -ENOMEM;
        memset(hop, 0, bytes);
        hop->at = at;
        hop->bytes = (uint32_t)bytes;
        set_hop(wait, hop);
    }
    EDO_INV("hop inv. 1", edoi_hop_of(wait) == hop);
    *out = hop;
    return 0;
}

void edoi_hop_free(edo_io_wait *wait) {
    edoi_hop *hop = edoi_hop_of(wait);
    if (!hop) return;
    EDO_INV("hop inv. 2", edoi_load_rlx_u32(&hop->at->refs) > 0); // relaxed: the upper one's
    hop->at->ops->unwait(hop->at, &hop->wait);
    set_hop(wait, NULL);
    edoi_cache_put(hop, hop->bytes);
}

void edoi_hop_unwait(edo_stream *s, edo_io_wait *wait) {
    (void)s;
    edoi_hop_free(wait);
}

/* A poll without more in the hop: begins; false: there is no memory. */
static bool hop_begin(edoi_hop **hop, edo_io_wait *wait, const edo_cx *cx, edo_stream *at,
                      int *result) {
    *result = edoi_hop_begin(hop, wait, cx, at, sizeof **hop);
    return *result == 0;
}

static edo_polled hop_end(edo_io_wait *wait, const edoi_hop *hop, edo_polled polled) {
    if (polled == EDO_READY && hop) edoi_hop_free(wait);
    return polled;
}

edo_polled edoi_hop_read(edo_stream *at, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                         size_t n, uint32_t flags, int *result) {
    edoi_hop *hop;
    if (!hop_begin(&hop, wait, cx, at, result)) return EDO_READY;
    edo_io_wait *inner = edoi_hop_wait(hop);
    return hop_end(wait, hop, at->ops->poll_read(at, cx, inner, to, n, flags, result));
}

edo_polled edoi_hop_write(edo_stream *at, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                          size_t n, int *result) {
    edoi_hop *hop;
    if (!hop_begin(&hop, wait, cx, at, result)) return EDO_READY;
    return hop_end(wait, hop, at->ops->poll_write(at, cx, edoi_hop_wait(hop), from, n, result));
}

edo_polled edoi_hop_shutdown(edo_stream *at, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_hop *hop;
    if (!hop_begin(&hop, wait, cx, at, result)) return EDO_READY;
    return hop_end(wait, hop, at->ops->poll_shutdown(at, cx, edoi_hop_wait(hop), result));
}

edo_polled edoi_hop_flush(edo_stream *at, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_hop *hop;
    if (!hop_begin(&hop, wait, cx, at, result)) return EDO_READY;
    return hop_end(wait, hop, edoi_stream_poll_flush(at, cx, edoi_hop_wait(hop), result));
}

edo_polled edoi_hop_ready(edo_stream *at, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                          int *result) {
    edoi_hop *hop;
    if (!hop_begin(&hop, wait, cx, at, result)) return EDO_READY;
    return hop_end(wait, hop, edoi_stream_poll_ready(at, cx, edoi_hop_wait(hop), what, result));
}
