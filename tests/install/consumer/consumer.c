/* SPDX-License-Identifier: MIT */
/* An outside program, C17 and C++17 alike: uses the library, and is its own executor. With an
 * argument it breaks a contract, which a debug build does not survive. */
#include <edo/error.h>
#include <edo/future.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    (void)argv;
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
    if (argc > 1) (void)edo_poll(f, &cx); // a second time
    printf("%s\n", edo_strerror(-EDO_ECLOSED));
    return 0;
}
