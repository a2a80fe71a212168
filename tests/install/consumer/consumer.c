/* SPDX-License-Identifier: MIT */
/* A program of somebody else, C17 and C++17 alike: uses the library, and is its own executor. */
#include <edo/error.h>
#include <edo/future.h>

#include <stdio.h>
#include <string.h>

int main(void) {
    edo_cx cx;
    memset(&cx, 0, sizeof cx);
    cx.waker = edo_waker_noop();
    cx.budget = EDO_BUDGET;

    edo_ready_future ready;
    edo_future *f = edo_ready_init(&ready, 42);
    if (edo_poll(f, &cx) != EDO_READY || edo_result(&ready) != 42) {
        fprintf(stderr, "the future is not ready with 42\n");
        return 1;
    }
    printf("%s\n", edo_strerror(-EDO_ECLOSED));
    return 0;
}
