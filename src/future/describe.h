/* SPDX-License-Identifier: MIT */
/* future/describe.h: describes what a task waits for, by the `describe` of each kind of future. */
#ifndef EDOI_FUTURE_DESCRIBE_H
#define EDOI_FUTURE_DESCRIBE_H

#include "base/error/text.h"

#include <edo/future.h>

/* Describes a pending future and those inside it. The task that polls it is pinned, or is the
 * caller. `now_ns` is the time of its runtime, negative if unknown. */
void edoi_describe(edoi_text *text, const edo_future *f, int64_t now_ns);

/* For a `describe`: adds `what` and how long it is until `at_ns`, if the time is known. */
void edoi_describe_due(edo_description *to, const char *what, int64_t at_ns);

/* For the `describe` of a future that waits for `lock`: adds its address, and who holds it. */
void edoi_describe_lock(edo_description *to, const void *lock);

/* For a `describe`: adds those of the `n` futures that are not over; an entry may be NULL. */
void edoi_describe_all(edo_description *to, edo_future *const *futures, size_t n);

#endif
