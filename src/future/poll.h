/* SPDX-License-Identifier: MIT */
/* future/poll.h: whether a poll is running on this thread (known in debug builds only). */
#ifndef EDOI_FUTURE_POLL_H
#define EDOI_FUTURE_POLL_H

#include <edo/future.h>

/* Sets the number of open polls of this thread, answers the old one. A fiber that is switched to
 * inside its own poll starts from 0: code on it is not inside a poll. */
uint32_t edoi_poll_depth_swap(uint32_t depth);

#endif
