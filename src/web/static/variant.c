/* SPDX-License-Identifier: MIT */
/* web/static/variant.c: see variant.h. */
#include "web/static/variant.h"

#include <edo/http_headers.h>

#include <strings.h>

static const edoi_variant all[EDOI_VARIANTS_MAX] = {
    { "br", ".br" }, { "zstd", ".zst" }, { "gzip", ".gz" }, { "deflate", ".zz" }
};

/* The weight that one of the fields gives to a coding by name, or to all by "*"; -1: none does. */
static int weight_of(const edo_headers *h, edo_str coding) {
    int named = -1, any = -1;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_ACCEPT_ENCODING));) {
        edo_preference p;
        edo_str rest = f->value;
        for (int got; (got = edo_accept_next(&p, &rest)) != 0;) {
            if (got < 0) continue;
            if (edo_str_equal(p.value, EDO_STR("*"))) any = p.weight;
            bool is_it =
                p.value.len == coding.len && strncasecmp(p.value.ptr, coding.ptr, coding.len) == 0;
            if (is_it) named = p.weight;
        }
    }
    return named >= 0 ? named : any;
}

size_t edoi_variants_of(const edoi_variant *out[EDOI_VARIANTS_MAX], const edo_headers *h) {
    int weights[EDOI_VARIANTS_MAX];
    size_t n = 0;
    if (!edo_headers_get(h, EDO_HEADER_ACCEPT_ENCODING).ptr) return 0;
    int plain = weight_of(h, EDO_STR("identity"));
    for (size_t i = 0; i < EDOI_VARIANTS_MAX; i++) {
        int weight = weight_of(h, edo_str_of(all[i].coding));
        if (weight <= 0 || weight < plain) continue;
        size_t at = n++;
        for (; at > 0 && weights[at - 1] < weight; at--) {
            weights[at] = weights[at - 1];
            out[at] = out[at - 1];
        }
        weights[at] = weight;
        out[at] = &all[i];
    }
    return n;
}
