/* SPDX-License-Identifier: MIT */
/* base/opts.h: common code of all option structs. */
#ifndef EDOI_BASE_OPTS_H
#define EDOI_BASE_OPTS_H

#include <edo/base.h>

/* Is the reserved tail of some options zero, as required? A later version may give it a meaning. */
EDOI_INLINE bool edoi_all_zero(const uint64_t *reserved, size_t n) {
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++) bits |= reserved[i];
    return bits == 0;
}

#endif
