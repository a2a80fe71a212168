/* SPDX-License-Identifier: MIT */
/* web/layers/layer.c: see layer.h. */
#include "web/layers/layer.h"

#include <edo/http_fields.h>

#include <errno.h>

int edoi_layer_hook_add(edo_service *self, edo_web *w, const edo_response_hook_ops *ops) {
    edo_request *req = edo_web_request(w);
    edoi_layer_hook *h = edo_arena_alloc(req->arena, sizeof *h);
    if (!h) return -ENOMEM;
    *h = (edoi_layer_hook){ .base = { .ops = ops }, .self = self, .req = req };
    edo_response_add_hook(edo_web_response(w), &h->base);
    return 0;
}

bool edoi_is_value(const char *value) {
    return !value || edo_header_value_is_valid(edo_str_of(value));
}

int edoi_vary(edo_headers *h, edo_str name) {
    const edo_header *f = NULL;
    while ((f = edo_headers_next(h, f, EDO_HEADER_VARY)))
        if (edo_header_has(f->value, name) || edo_header_has(f->value, EDO_STR("*"))) return 0;
    return edo_headers_append(h, EDO_HEADER_VARY, name);
}

int edoi_set_absent(edo_headers *h, edo_str name, const char *value) {
    if (!value || !*value || edo_headers_get_named(h, name).ptr) return 0;
    return edo_headers_append_named(h, name, edo_str_of(value));
}
