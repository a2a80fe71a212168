/* SPDX-License-Identifier: MIT */
/* Goal: a close that could not be sent for want of memory is not taken for one that was.
 * Method: a socket over a pipe in memory that is full, and each allocation of a receive that
 * responds to the peer's close fails in turn. */
#include "web/ws/waiting.h"

#include <edo/streams.h>

#include "fail_alloc.h"
#include "inside.h"

static const edo_ws_opts opts = { .ping_interval = { -1 } };

/* Returns whether an allocation has failed, of which the `k`th was to. */
static bool responds_without(int k) {
    static const char full[] = "\x82\x0e"
                               "14 bytes in it",
                      close[] = "\x88\x82\0\0\0\0\x03\xe8";
    edo_stream *ours, *theirs;
    char heard[16];
    edo_ws_message m;
    CHECK_EQ(edo_duplex(&ours, &theirs, sizeof full - 1), 0);
    edo_ws *ws = edoi_ws_waiting_new(&opts, NULL);
    CHECK(ws != NULL);
    CHECK_EQ(edoi_ws_attach(ws, ours, EDO_STR("")), 0);
    CHECK_EQ(edo_try_write(ours, full, sizeof full - 1), sizeof full - 1);
    CHECK_EQ(edo_try_write(theirs, close, sizeof close - 1), sizeof close - 1);

    fail_alloc_in = k;
    int err = edo_ws_recv(ws, &m);
    bool has_failed = fail_alloc_in == 0;
    fail_alloc_in = 0;
    CHECK(err == -EDO_ECLOSED || (has_failed && err == -ENOMEM));

    CHECK_EQ(edo_try_read(theirs, heard, sizeof heard), sizeof full - 1);
    edoi_ws_end(ws, NULL, err);
    CHECK_EQ(edo_try_read(theirs, heard, sizeof heard), 4);
    CHECK_EQ(memcmp(heard, err == -ENOMEM ? "\x88\x02\x03\xf3" : "\x88\x02\x03\xe8", 4), 0);
    edo_close(ours);
    edo_close(theirs);
    return has_failed;
}

static int closes(void *arg) {
    int k = 1;
    (void)arg;
    while (responds_without(k)) k++;
    CHECK(k > 2); // that of the input, and that of the rest of the close
    return 0;
}

static void close_for_which_there_was_no_memory_is_sent_at_the_end(void **state) {
    (void)state;
    assert_int_equal(inside(closes, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_for_which_there_was_no_memory_is_sent_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
