/* SPDX-License-Identifier: MIT */
/* Goal: a copy of a ring holds events of the worker that has it, the latest ones, and no others.
 * Method: a small ring by hand, as a reader may find it. */
#include "recorder/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EVENTS 8u

static union {
    edoi_recorder_ring ring;
    char bytes[EDOI_RECORDER_RING_HEAD + EVENTS * sizeof(edoi_recorder_event)];
} it;

/* Makes a ring into which `written` events were written, each with its number. The events before
 * the number `from` are of the worker that had the ring before. */
static void ring_with(uint64_t written, uint64_t from) {
    it.ring = (edoi_recorder_ring){ .whose = { EDOI_RECORDER_WORKER } };
    for (uint64_t i = 0; i < written; i++)
        edoi_recorder_ring_put(&it.ring, EVENTS - 1, i, 0, 2 * i);
    edoi_store_rlx_u64(&it.ring.from, from);
}

static void a_copy_is_what_is_still_there_and_its_own(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t written, from, most, first, n;
    } rows[] = {
        { "nothing was written", 0, 0, 9, 0, 0 },
        { "all is there", 5, 0, 9, 0, 5 },
        { "the latest of them", 5, 0, 3, 2, 3 },
        { "some were overwritten, and the oldest may be now", 20, 0, 9, 13, 7 },
        { "some are another's", 7, 3, 9, 3, 4 },
        { "the latest of its own", 7, 3, 2, 5, 2 },
        { "all are another's", 7, 7, 9, 7, 0 },
        // The reader has seen `head` before the ring became another's.
        { "it became another's meanwhile", 5, 7, 4, 5, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        edoi_recorder_seen out[EVENTS + 1];
        uint64_t at = 99;
        ring_with(rows[i].written, rows[i].from);
        size_t n = edoi_recorder_ring_copy(&it.ring, EVENTS - 1, out, rows[i].most, &at);
        if (n != rows[i].n || at != rows[i].first)
            fail_msg("%s: %zu from %u on", rows[i].name, n, (unsigned)at);
        for (size_t k = 0; k < n; k++) assert_int_equal(out[k].arg, 2 * (at + k));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_what_is_still_there_and_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
