/* SPDX-License-Identifier: MIT */
/* base/files/limit.c: see limit.h. */
#include "base/files/limit.h"

#include "base/atomic.h"

#include <sys/resource.h>

/* The soft limit before the raise and after it; both 0: it was not raised. */
static edo_atomic_u64 before, raised; /* atomic, relaxed: written before other threads are made */

void edoi_file_limit_raise(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max) return;
    uint64_t was = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return; // the soft limit stays
    edoi_store_rlx_u64(&before, was);
    edoi_store_rlx_u64(&raised, limit.rlim_max);
}

bool edoi_file_limit_before(uint64_t pair[2]) {
    struct rlimit now;
    uint64_t was = edoi_load_rlx_u64(&before);
    if (edoi_load_rlx_u64(&raised) == 0 || getrlimit(RLIMIT_NOFILE, &now) < 0) return false;
    if (now.rlim_cur != edoi_load_rlx_u64(&raised)) return false;
    pair[0] = was < now.rlim_max ? was : now.rlim_max;
    pair[1] = now.rlim_max;
    return true;
}
