/* SPDX-License-Identifier: MIT */
/* web/static/variant.c: see variant.h. */
#include "web/static/variant.h"

#include <edo/http_fields.h>

static const edoi_variant all[EDOI_VARIANTS_MAX] = {
    { EDOI_CODING_BR, ".br" },
    { EDOI_CODING_ZSTD, ".zst" },
    { EDOI_CODING_GZIP, ".gz" },
    { EDOI_CODING_DEFLATE, ".zz" },
};

/* Returns the weight that the fields give to a coding, by its name or by "*"; -1 if they give
 * none. */
static int variant_weight_of(const edo_headers *h, edoi_coding coding) {
    int named = -1, any = -1;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_ACCEPT_ENCODING));) {
        edo_preference p;
        edo_str rest = f->value;
        for (int got; (got = edo_accept_next(&p, &rest)) != 0;) {
            if (got < 0) continue;
            if (edo_str_equal(p.value, EDO_STR("*"))) any = p.weight;
            if (edoi_coding_of(p.value) == (int)coding) named = p.weight;
        }
    }
    return named >= 0 ? named : any;
}

size_t edoi_variants_of(const edoi_variant *out[EDOI_VARIANTS_MAX], const edo_headers *h,
                        bool has_plain) {
    int weights[EDOI_VARIANTS_MAX];
    size_t n = 0;
    if (!edo_headers_get(h, EDO_HEADER_ACCEPT_ENCODING).ptr) return 0;
    int plain = has_plain ? variant_weight_of(h, EDOI_CODING_NONE) : -1;
    for (size_t i = 0; i < EDOI_VARIANTS_MAX; i++) {
        int weight = variant_weight_of(h, all[i].coding);
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
