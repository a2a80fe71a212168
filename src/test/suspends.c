/* SPDX-License-Identifier: MIT */
/* test/suspends.c: whether a fiber was suspended between two points. */
#include "runtime/worker/here.h"

#include <edo/test.h>

uint64_t edoi_test_polls(const char *file, int line) {
    uint64_t poll = 0;
    if (!edoi_worker_poll_here(&poll))
        edo_test_fail_at(file, line, "only a fiber can be suspended");
    return poll;
}

void edoi_test_suspended(uint64_t polls, bool want, const char *what, const char *file, int line) {
    bool was_suspended = edoi_test_polls(file, line) != polls;
    if (was_suspended == want) return;
    edo_test_fail_at(file, line, "this %s its task: %s", want ? "did not suspend" : "suspended",
                     what);
}
