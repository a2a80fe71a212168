/* SPDX-License-Identifier: MIT */
/* base/assert.h: checks of edo's own invariants (house rules: one condition each). What they say is
 * in records/misuse.c. */
#ifndef EDOI_BASE_ASSERT_H
#define EDOI_BASE_ASSERT_H

#include <edo/error.h>

/* EDO_ASSERT: an invariant of edo; checked in debug builds, nothing in release, not even a hint.
 * EDO_INV: as EDO_ASSERT, for an invariant with a number: EDO_INV("wheel inv. 2", cond) is inv. 2 of
 * the head of wheel.h, and the report begins with that name. tools/tidy wants one for each number.
 * EDO_NEVER: an unreachable branch; aborts in debug, yields the condition in release. */
#ifdef EDO_DEBUG
#    define EDO_ASSERT(cond)                                                                       \
        (EDOI_LIKELY(cond) ? (void)0 : edoi_assert_failed(__FILE__, __LINE__, __func__, #cond))
#    define EDO_INV(name, cond)                                                                    \
        (EDOI_LIKELY(cond) ? (void)0                                                               \
                           : edoi_assert_failed(__FILE__, __LINE__, __func__, name ": " #cond))
#    define EDO_NEVER(cond)                                                                        \
        (EDOI_UNLIKELY(cond) ? (edoi_assert_failed(__FILE__, __LINE__, __func__, #cond), true)     \
                             : false)
#else
#    define EDO_ASSERT(cond)    ((void)0)
#    define EDO_INV(name, cond) ((void)(0 && (cond))) // a use of its variables, no code
#    define EDO_NEVER(cond)     EDOI_UNLIKELY(cond)
#endif

/* A call of a walker, `<structure>_check()`, where the structure is at rest. Nothing in models,
 * where each access is a step. */
#if defined(EDO_DEBUG) && !defined(EDOI_MODEL)
#    define EDO_CHECK(call) (call)
#else
#    define EDO_CHECK(call) ((void)(0 && ((call), 1)))
#endif

#endif
