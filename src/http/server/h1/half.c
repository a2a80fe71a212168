/* SPDX-License-Identifier: MIT */
/* http/server/h1/half.c: see half.h. The half is one of the connection's values, as those of layers
 * are: a connection has few of them, and most have none. */
#include "http/server/h1/half.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

static const edo_ext_tag half_tag = { .name = "half a head", .drop = edo_rc_unref };

int edoi_http_half_keep(edoi_http_conn *c, edo_str bytes, edo_instant end, bool hurried) {
    EDO_INV("conn inv. 4", !c->has_half);
    edoi_http_half *h = edo_rc_new(sizeof *h + bytes.len, NULL);
    if (!h) return -ENOMEM;
    *h = (edoi_http_half){ .end = end, .hurried = hurried, .n = (uint32_t)bytes.len };
    memcpy(h->bytes, bytes.ptr, bytes.len);
    int err = edo_ext_set(&c->ext, &half_tag, h);
    if (err < 0) {
        edo_rc_unref(h);
        return err;
    }
    c->has_half = true;
    return 0;
}

edoi_http_half *edoi_http_half_of(const edoi_http_conn *c) {
    return edo_ext_get(&c->ext, &half_tag);
}

edoi_http_half *edoi_http_half_take(edoi_http_conn *c) {
    if (EDOI_LIKELY(!c->has_half)) return NULL;
    c->has_half = false;
    return edo_ext_take(&c->ext, &half_tag);
}

void edoi_http_half_hurry(edoi_http_half *h, edo_instant now) {
    edo_instant end = edo_instant_add(now, edo_s(EDOI_HTTP_HURRY_S));
    if (h->end.ns > end.ns) h->end = end;
    h->hurried = true;
}
