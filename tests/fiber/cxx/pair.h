/* SPDX-License-Identifier: MIT */
/* pair.h: two fibers that take turns, for code in C++. */
#ifndef PAIR_H
#define PAIR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Runs both functions in a fiber each, `a` first, until both have returned. */
void pair_run(void (*a)(void), void (*b)(void));

/* Lets the other fiber go on, if it has not ended. */
void pair_pass(void);

#ifdef __cplusplus
}
#endif

#endif
