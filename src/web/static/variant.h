/* SPDX-License-Identifier: MIT */
/* web/static/variant.h: compressed files beside the plain one. */
#ifndef EDOI_WEB_STATIC_VARIANT_H
#define EDOI_WEB_STATIC_VARIANT_H

#include "coding/coding.h"

#include <edo/headers.h>

#define EDOI_VARIANTS_MAX 4u

typedef struct edoi_variant {
    edoi_coding coding;
    const char *extension; /* ".br" */
} edoi_variant;

/* Writes the variants that the client accepts to `out`, best first, up to the plain file if there
 * is one and the client prefers it. Returns how many. Of variants with equal weights the one that
 * is usually smaller comes first. */
size_t edoi_variants_of(const edoi_variant *out[EDOI_VARIANTS_MAX], const edo_headers *h,
                        bool has_plain);

#endif
