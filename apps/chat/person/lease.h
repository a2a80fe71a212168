/* SPDX-License-Identifier: MIT */
/* lease.h: what a program asks again and again of a store by which several share names and people:
 * that it is there itself, whatever the number of its people; and whether the store has each of
 * these as it has it. A person that has come to another program is let go here: the newer one has
 * it. One whose name is another's by now, since this program could not be heard of for too long,
 * gets its guest's name. What the store has lost comes back. One that wanted a name while the store
 * did not respond gets it now.
 *
 * Threads: one task asks. */
#ifndef CHAT_LEASE_H
#define CHAT_LEASE_H

#include "server.h"

#include <edo/scope.h>

/* A fifth of MOVES_LEASE; each time up to 0.5 s more or less. */
#define LEASE_EVERY  EDO_S(3)
#define LEASE_JITTER EDO_MS(500)

/* Asks once. What people are told of it is told by tasks in that scope, one for a person. Returns
 * 0, a failure of the store, or -ENOMEM: it is asked again the next time. */
int lease_renew(server *at, edo_scope *tellers);

/* Asks again and again until it is cancelled. `arg` is the server; a task's function. */
int lease_run(void *arg);

#endif
