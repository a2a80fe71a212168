/* SPDX-License-Identifier: MIT */
/* service/balance/hash.h: EDO_BALANCE_HASH: which connection a key gets, and the task that makes
 * the table of keys. */
#ifndef EDOI_SERVICE_BALANCE_HASH_H
#define EDOI_SERVICE_BALANCE_HASH_H

#include "service/balance/set.h"

/* The connection of the key with this hash, or of a neighbour's if that is not picked, has more
 * than its share of the calls, or is barred; NULL: none that is picked has a slot. With the lock
 * held. */
edoi_balance_conn *edoi_hash_choose(const edoi_balance_set *set, uint64_t hash,
                                    const edoi_had *barred);

/* Its task: makes a table each time that the set has another shape, until it is cancelled. `arg` is
 * a set: takes the reference. */
int edoi_hash_task(void *arg);

#endif
