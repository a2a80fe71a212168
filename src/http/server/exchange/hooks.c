/* SPDX-License-Identifier: MIT */
/* http/server/exchange/hooks.c: see hooks.h. */
#include "http/server/exchange/hooks.h"

#include <edo/error.h>

/* Makes the stream of each hook write to that of the next hook outwards that has one, and the
 * outermost to `*out`. */
static void link_streams(edoi_http_exchange *x, edo_stream **out) {
    edo_stream *wire = *out;
    edo_stream **from = out;
    for (edo_response_hook *h = x->res.hooks; h; h = h->next) {
        if (!h->over) continue;
        *from = h->over;
        from = &h->below;
    }
    *from = wire;
}

int edoi_response_hooks_head(edoi_http_exchange *x, edo_response_head *head, edo_stream **out) {
    head->is_raw = x->upgraded;
    head->is_bodiless = edoi_http_has_no_body(x) || x->upgraded;
    for (edo_response_hook *h = x->res.hooks; h; h = h->next) {
        h->over = NULL;
        int err = h->ops->head ? h->ops->head(h, &x->res, head) : 0;
        if (err < 0) return err;
    }
    link_streams(x, out);
    return 0;
}

int edoi_response_hooks_raw(edoi_http_exchange *x) {
    edo_response_head head = { .length = 0 };
    edo_stream *none = NULL; // their streams are not used
    return edoi_response_hooks_head(x, &head, &none);
}

int edoi_response_hooks_finish(edoi_http_exchange *x) {
    if (x->reply.failed) return -EDO_EEOF;
    for (edo_response_hook *h = x->res.hooks; h; h = h->next) {
        int err = h->ops->finish ? h->ops->finish(h, &x->res) : 0;
        if (err < 0) return err;
    }
    return 0;
}

void edoi_response_hooks_done(edoi_http_exchange *x, int err) {
    const edo_response_end end = { .err = err, .body_bytes = x->reply.written };
    edo_response_hook *next;
    for (edo_response_hook *h = x->res.hooks; h; h = next) {
        next = h->next; // read first: the call may free the hook
        if (h->ops->done) h->ops->done(h, &x->res, &end);
    }
    x->res.hooks = NULL;
}
