/* SPDX-License-Identifier: MIT */
/* http/server/exchange/exchange.c: see exchange.h. */
#include "http/server/exchange/exchange.h"

static int exchange_construct(void *arg, void *object) {
    (void)arg;
    edoi_http_exchange *x = object;
    x->arena = (edo_arena){ .chunk_bytes = EDOI_HTTP_ARENA_BYTES };
    x->req.ext = x->res.ext = (edo_ext){ .arena = &x->arena };
    return 0;
}

static void exchange_destruct(void *arg, void *object) {
    (void)arg;
    edo_arena_deinit(&((edoi_http_exchange *)object)->arena);
}

int edoi_http_exchanges_new(edo_slab **out) {
    return edo_slab_new(out, sizeof(edoi_http_exchange),
                        &(edo_slab_opts){ .name = "HTTP exchanges",
                                          .construct = exchange_construct,
                                          .destruct = exchange_destruct });
}

void edoi_http_exchange_init(edoi_http_exchange *x, edoi_http_conn *c) {
    const edo_http_server_opts *o = &c->server->opts;
    x->conn = c;
    x->server = c->server;
    x->broken = false;
    x->upgraded = false;
    x->half = NULL;
    edoi_output_begin(&x->out, &c->lease, c->stream);
    edoi_stall_begin(&x->out.stall, o->write_timeout, o->rate_min, o->rate_grace);
    edoi_input_init(&x->in, c->stream);
}

void edoi_http_exchange_deinit(edoi_http_exchange *x) {
    edoi_input_deinit(&x->in);
    if (x->arena.bytes <= EDOI_HTTP_ARENA_BYTES) return;
    edo_arena_deinit(&x->arena); // its first chunk is a large body
}
