/* SPDX-License-Identifier: MIT */
/* base/assert.h: checks of edo's own invariants (house rules: one condition each). */
#ifndef EDOI_BASE_ASSERT_H
#define EDOI_BASE_ASSERT_H

#include <edo/error.h>

/* Prints the expected condition and its place, then aborts. */
EDOI_NORETURN void edoi_assert_failed(const char *file, int line, const char *function,
                                      const char *condition);

/* EDO_ASSERT: an invariant of edo; checked in debug builds, nothing in release, not even a hint.
 * EDO_NEVER: an unreachable branch; aborts in debug, yields the condition in release. */
#ifdef EDO_DEBUG
#    define EDO_ASSERT(cond)                                                                       \
        (EDOI_LIKELY(cond) ? (void)0 : edoi_assert_failed(__FILE__, __LINE__, __func__, #cond))
#    define EDO_NEVER(cond)                                                                        \
        (EDOI_UNLIKELY(cond) ? (edoi_assert_failed(__FILE__, __LINE__, __func__, #cond), true)     \
                             : false)
#else
#    define EDO_ASSERT(cond) ((void)0)
#    define EDO_NEVER(cond)  EDOI_UNLIKELY(cond)
#endif

/* Debug builds that keep records: of handles that were given up, of loans of stack memory. Not with
 * the thread sanitizer, for which the locks of those tables would order threads that are otherwise
 * unordered, and not in models, where each access is a step. */
#if defined(EDO_DEBUG) && !defined(EDOI_TSAN) && !defined(EDOI_MODEL)
#    define EDOI_REMEMBERS 1
#else
#    define EDOI_REMEMBERS 0
#endif

#endif
