/* SPDX-License-Identifier: MIT */
/* carrier.h: messages between programs over one store, by Redis: what the store has kept here is
 * published, with its number, and what others publish in rooms that have members here is shown.
 * docs/design/chat-nodes-carried.md has why.
 *
 * Redis may lose everything at any time: what lacks is read from the store, which is asked for all
 * that is new at least each five seconds, and each second while Redis does not carry. It carries
 * while what the program publishes each second comes back to it.
 *
 * Threads: carrier_run() is one task's; all else any, at once. */
#ifndef CHAT_CARRIER_H
#define CHAT_CARRIER_H

#include "node/question.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct carrier carrier;

/* Makes one for the rooms of that directory, in which nobody is yet, by the Redis of that URL,
 * which need not be there; `asks` asks their store. Owns: borrows both; returns new:
 * carrier_close(). Returns 0; -EINVAL: the URL; -ENOTSUP: the program was built without Redis;
 * -ENOMEM. */
EDO_MUST_USE int carrier_open(carrier **out, const char *url, directory *in, question *asks);

/* Publishes and hears until it is cancelled. `arg` is the carrier; a task's function. */
int carrier_run(void *arg);

/* Everybody has gone. NULL is allowed. */
void carrier_close(carrier *self);

/* Returns 0 while Redis carries; else a failure whose trail says what is wrong, for operators. */
int carrier_check(carrier *self);

/* Whether it does; how many messages were published, heard, and could not be published; how
 * many were heard whose number was shown with something else. */
bool carrier_carries(const carrier *self);
uint64_t carrier_published_n(const carrier *self);
uint64_t carrier_heard_n(const carrier *self);
uint64_t carrier_unpublished_n(const carrier *self);
uint64_t carrier_contradicted_n(const carrier *self);

/* As company_unnamed_n(). */
size_t carrier_unnamed_n(const carrier *self);

#endif
