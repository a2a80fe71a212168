/* SPDX-License-Identifier: MIT */
/* The long form of a state machine: others may await it by this header. */
#ifndef EDO_TESTS_MACHINES_H
#define EDO_TESTS_MACHINES_H

#include <edo/async.h>
#include <edo/edo.h>

EDO_ASYNC_FRAME(lent, int value; edo_ready_future ready;);
edo_future *lent_init(lent *self);

#endif
