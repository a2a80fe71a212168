/* SPDX-License-Identifier: MIT */
/* base/opts.h: what all structs of options share. */
#ifndef EDOI_BASE_OPTS_H
#define EDOI_BASE_OPTS_H

#include <edo/base.h>

/* Whether the reserved tail of some options is what it must be: a later version may give it a
 * meaning. */
EDOI_INLINE bool edoi_all_zero(const uint64_t *reserved, size_t n) {
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++) bits |= reserved[i];
    return bits == 0;
}

#endif
