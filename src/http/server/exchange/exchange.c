/* SPDX-License-Identifier: MIT */
/* http/server/exchange/exchange.c: see exchange.h. */
#include "http/server/exchange/exchange.h"

void edoi_http_exchange_construct(edoi_http_exchange *x) {
    x->arena = (edo_arena){ .chunk_bytes = EDOI_HTTP_ARENA_BYTES };
    x->req.ext = x->res.ext = (edo_ext){ .arena = &x->arena };
}

static void exchange_destruct(void *arg, void *object) {
    (void)arg;
    edo_arena_deinit(&((edoi_http_exchange *)object)->arena);
}

int edoi_http_exchanges_new(edo_slab **out, size_t bytes, const char *name,
                            int (*construct)(void *arg, void *object)) {
    return edo_slab_new(
        out, bytes,
        &(edo_slab_opts){ .name = name, .construct = construct, .destruct = exchange_destruct });
}

void edoi_http_exchange_trim(edoi_http_exchange *x) {
    if (x->arena.bytes <= EDOI_HTTP_ARENA_BYTES) return;
    edo_arena_deinit(&x->arena); // its first chunk is a large body
}
