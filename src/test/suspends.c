/* SPDX-License-Identifier: MIT */
/* test/suspends.c: whether a fiber was suspended between two points. */
#include "runtime/scheduler/core.h"

#include <edo/test.h>

uint64_t edoi_test_polls(const char *file, int line) {
    edoi_worker *w = edoi_worker_here();
    if (!w || !w->fiber) edo_test_fail_at(file, line, "only a fiber can be suspended");
    // A suspended fiber goes on in a later poll, if it migrates perhaps of another worker.
    return edoi_worker_polls(w) ^ (uint64_t)w->id << 48;
}

void edoi_test_suspended(uint64_t polls, bool want, const char *what, const char *file, int line) {
    bool was_suspended = edoi_test_polls(file, line) != polls;
    if (was_suspended == want) return;
    edo_test_fail_at(file, line, "this %s its task: %s", want ? "did not suspend" : "suspended",
                     what);
}
