/* SPDX-License-Identifier: MIT */
/* ends.h: when a key ends. */
#ifndef EDO_TESTS_SIM_SMALL_REDIS_ENDS_H
#define EDO_TESTS_SIM_SMALL_REDIS_ENDS_H

#include "server.h"

/* The time that part `at` says, in units of `unit` ms, from now on or absolute; else says why it is
 * none. */
bool small_end_of(small_call *call, size_t at, int64_t unit, bool is_absolute, bool may_be_past,
                  int64_t *out);

/* Sets the end of the key that is the first argument, which goes at once if that has passed; logs
 * it as PEXPIREAT or DEL. */
void small_set_end(small_call *call, small_key *key, int64_t end_ms);

#endif
