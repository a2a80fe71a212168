/* SPDX-License-Identifier: MIT */
/* base/assert.h: checks of our own invariants (house rules: one condition each). */
#ifndef EDOI_BASE_ASSERT_H
#define EDOI_BASE_ASSERT_H

#include <edo/error.h>

/* Prints what was expected, and where, then aborts. */
EDOI_NORETURN void edoi_assert_failed(const char *file, int line, const char *function,
                                      const char *condition);

/* EDO_ASSERT: our invariant; checked in debug builds, nothing in release, not even a hint.
 * EDO_NEVER: a branch that we cannot reach; aborts in debug, yields the condition in release. */
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

/* Debug builds that remember what became of things: which handle was given up, who was lent a
 * stack. Not under the thread sanitizer, to which the locks of those tables would order threads
 * that nothing else orders, and not in models, where each access is a step. */
#if defined(EDO_DEBUG) && !defined(EDOI_TSAN) && !defined(EDOI_MODEL)
#    define EDOI_REMEMBERS 1
#else
#    define EDOI_REMEMBERS 0
#endif

#endif
