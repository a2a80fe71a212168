/* SPDX-License-Identifier: MIT */
/* web/static/variant.h: files that lie compressed beside the plain one. */
#ifndef EDOI_WEB_STATIC_VARIANT_H
#define EDOI_WEB_STATIC_VARIANT_H

#include "web/coding/coding.h"

#include <edo/headers.h>

#define EDOI_VARIANTS_MAX 4u

typedef struct edoi_variant {
    edoi_coding coding;
    const char *extension; /* ".br" */
} edoi_variant;

/* Writes the variants that the client accepts to `out`, best first, up to where it likes the plain
 * file better, if there is one; returns how many there are. Of those that it likes as well as
 * others the smaller ones, as a rule, come first. */
size_t edoi_variants_of(const edoi_variant *out[EDOI_VARIANTS_MAX], const edo_headers *h,
                        bool has_plain);

#endif
