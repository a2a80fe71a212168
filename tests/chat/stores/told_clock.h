/* SPDX-License-Identifier: MIT */
/* stores/told_clock.h: in the place of clock.c: a clock of the machine that shows what it is told.
 * One file of a program includes it. */
#ifndef CHAT_TESTS_TOLD_CLOCK_H
#define CHAT_TESTS_TOLD_CLOCK_H

#include "clock.h"

#include <time.h>

static int64_t clock_s; /* what it shows, since 1970; 0: the time that it is */

int64_t clock_now_ms(void) {
    return 1000 * (clock_s != 0 ? clock_s : (int64_t)time(NULL));
}

#endif
