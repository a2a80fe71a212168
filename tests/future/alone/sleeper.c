/* SPDX-License-Identifier: MIT */
/* A leaf that needs a runtime, polled without one. */
#include <edo/time.h>

#include <stdio.h>

int main(void) {
    edo_sleep_future nap, until;
    edo_timeout_future limit;
    edo_pending_future never;
    edo_cx cx = { .waker = edo_waker_noop(), .budget = EDO_BUDGET };
    edo_future *futures[] = { edo_sleep_init(&nap, edo_s(1)),
                              edo_sleep_at_init(&until, (edo_instant){ 5 }),
                              edo_timeout_init(&limit, edo_pending_init(&never), edo_s(1)) };
    for (size_t i = 0; i < EDO_COUNT(futures); i++) {
        if (edo_poll(futures[i], &cx) != EDO_READY) return 1;
        puts(edo_error_name(futures[i]->result));
    }
    return 0;
}
