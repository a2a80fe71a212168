/* SPDX-License-Identifier: MIT */
/* Goal: a hop that is asked for another stream than before is one of that stream.
 * Method: a wait by hand, at two streams of memory. */
#include "io/over/hop.h"

#include <edo/streams.h>

#include "poll_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void hop_moves_to_another_stream(void **state) {
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    edo_stream *streams[2];
    edo_io_wait wait = { 0 };
    edoi_hop *hop;
    (void)state;
    for (int i = 0; i < 2; i++) assert_int_equal(edo_stream_mem(&streams[i], "a", 1), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(edoi_hop_begin(&hop, &wait, &cx, streams[i / 2], sizeof *hop), 0);
        assert_ptr_equal(hop->at, streams[i / 2]);
        assert_ptr_equal(edoi_hop_of(&wait), hop);
    }
    edoi_hop_free(&wait);
    assert_null(edoi_hop_of(&wait));
    for (int i = 0; i < 2; i++) edo_close(streams[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hop_moves_to_another_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
