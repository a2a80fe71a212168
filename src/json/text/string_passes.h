/* SPDX-License-Identifier: MIT */
/* json/text/string_passes.h: all forms of the one pass over strings that the machine has, for tests
 * and fuzz targets; the library itself takes the best. */
#ifndef EDOI_JSON_TEXT_STRING_PASSES_H
#define EDOI_JSON_TEXT_STRING_PASSES_H

#include "json/text/string.h"

/* The form of the pass for one set of instructions. */
typedef struct pass {
    const char *name;
    edoi_json_copy_fn *copy;
    edoi_json_put_fn *put;
} pass;

/* Those that the machine has; returns how many. */
EDOI_INLINE size_t passes_of_machine(pass out[2]) {
    size_t n = 0;
#if defined(__x86_64__)
    if (EDOI_CPU_HAS("avx2"))
        out[n++] = (pass){ "AVX2", edoi_json_copy_avx2, edoi_json_put_string_avx2 };
    if (EDOI_CPU_HAS("ssse3"))
        out[n++] = (pass){ "SSSE3", edoi_json_copy_ssse3, edoi_json_put_string_ssse3 };
#elif defined(__aarch64__) && defined(__ARM_NEON)
    out[n++] = (pass){ "NEON", edoi_json_copy_neon, edoi_json_put_string_neon };
#endif
    (void)out;
    return n;
}

#endif
