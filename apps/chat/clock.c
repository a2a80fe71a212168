/* SPDX-License-Identifier: MIT */
/* clock.c: see clock.h. */
#include "clock.h"

#include <edo/time.h>

int64_t clock_now_ms(void) {
    const edo_wall now = edo_wall_now();
    return now.s * 1000 + now.ns / 1000000;
}
