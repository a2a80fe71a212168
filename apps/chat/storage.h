/* SPDX-License-Identifier: MIT */
/* storage.h: what keeps the chat from waiting for its store: a bounded queue of what was said, and
 * one task that writes it in batches.
 *
 * A store that fails or does not respond stops nobody: what finds no place in the queue, or cannot
 * be written, is counted as not stored. Reading, and waiting for a write, have their bounds.
 *
 * Threads: all functions may be called from any, at once. A NULL storage keeps nothing and has
 * nothing. */
#ifndef CHAT_STORAGE_H
#define CHAT_STORAGE_H

#include "message.h"
#include "store.h"

#include <edo/oneshot.h>

#define STORAGE_QUEUE 4096 /* messages */
#define STORAGE_BATCH 256  /* messages of one write at most */

/* More messages of one room than can be lost when the program is killed while its store
 * responds. */
#define STORAGE_UNSTORED_MAX 8192

typedef struct storage storage;

/* Reads which rooms there are, and starts the task. Owns: takes `kept`, in any case. Waits for the
 * store. Returns 0, or a failure of store_rooms() or of the start. */
EDO_MUST_USE int storage_start(storage **out, store *kept);

/* Writes what is in the queue, for up to 0.9 s, and frees the storage, or leaves it to a store
 * that does not respond: then it returns false, and a thread may be held in a call of the system.
 * No room may use it any more. NULL is allowed. */
bool storage_end(storage *self);

/* The rooms that were there at the start, `*n` of them. Owns: borrowed until storage_end(). */
const store_room *storage_rooms(const storage *self, size_t *n);

/* Keeps a message that has its number. Never waits. Owns: shares `m`; returns new, for
 * storage_wait(): NULL if there is nothing to wait for. */
edo_oneshot_rx *storage_put(storage *self, message *m);

/* Waits until the message is written, or cannot be: for up to 0.5 s, and from then on for none
 * until the store has done something. Owns: takes `written`. */
void storage_wait(storage *self, edo_oneshot_rx *written);

/* As store_page() and store_find(), with all that was put before; but for the wait. Returns 0 or
 * -ETIMEDOUT, -ENOMEM, -ECANCELED, or a failure of the store. */
EDO_MUST_USE int storage_page(storage *self, const name *of, uint64_t after, uint64_t before,
                              size_t limit, store_found **out);
EDO_MUST_USE int storage_find(storage *self, edo_str ref, store_found **out);

/* A message as it was said. NULL without memory. */
message *storage_message(const store_message *stored);

/* Whether it keeps what is said, as far as is known now; how many messages it has kept, and how
 * many it has not. */
bool storage_is_well(const storage *self);
uint64_t storage_stored_n(const storage *self);
uint64_t storage_unstored_n(const storage *self);

#endif
