/* SPDX-License-Identifier: MIT */
/* support/silent.h: a connection that is closed here and open elsewhere makes no event here. */
#ifndef EDO_TESTS_SILENT_H
#define EDO_TESTS_SILENT_H

#include "inside.h"

#include <edo/edo.h>
#include <edo/stats.h>

/* Events that the drivers of this runtime have taken. */
static inline uint64_t events_n(void) {
    static edo_runtime_stats stats;
    edo_runtime_get_stats(edo_runtime_current(), &stats);
    return stats.io_ready;
}

/* A connected pair; `*near_end` is registered. */
static inline int connect_and_wait(edo_stream **near_end, edo_stream **far_end) {
    char text[EDO_ADDR_TEXT_MAX], byte;
    edo_addr addr;
    edo_listener *l;
    edo_read_future f;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_listener_addr(l, &addr);
    if (err < 0) return err;
    (void)edo_addr_print(&addr, text, sizeof text);
    err = edo_tcp_connect(near_end, text, NULL);
    if (err == 0) err = edo_accept(l, far_end);
    edo_listener_close(l);
    if (err < 0) return err;
    CHECK_EQ(edo_poll_once(edo_read_init(&f, *near_end, &byte, 1)), EDO_PENDING);
    edo_drop(&f.base);
    return edo_sleep(edo_ms(5)); // it may send
}

/* A byte sent to a connection that was closed here, and is open elsewhere, makes no event here. */
static inline int close_and_send(edo_stream *near_end, edo_stream *far_end) {
    edo_close(near_end);
    uint64_t before = events_n();
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(edo_write_all(far_end, "x", 1), 0);
        CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    }
    CHECK_EQ(events_n(), before);
    edo_close(far_end);
    return 0;
}

#endif
