/* SPDX-License-Identifier: MIT */
/* clock.h: the clock of the machine, which may be put forward and back. It is a file of its own, in
 * whose place a test may put a clock that it moves. */
#ifndef CHAT_CLOCK_H
#define CHAT_CLOCK_H

#include <stdint.h>

/* Now, in ms since 1970. */
int64_t clock_now_ms(void);

#endif
