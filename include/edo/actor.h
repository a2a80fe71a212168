/* SPDX-License-Identifier: MIT */
/* edo/actor.h: asks a task that has its state for its own, and waits for its reply.
 *
 * An actor is a task that reads its inbox, an edo_mpsc, in a loop. Its handle is the channel's
 * sender. A message that wants a reply has a field for the sender of an edo_oneshot:
 *
 *     typedef struct request {
 *         int amount;
 *         edo_oneshot_tx *reply; // of an int; set by edo_actor_call()
 *     } request;
 *
 *     request r = { .amount = 10 };                                   // whoever asks
 *     err = edo_actor_call(account, &balance, sizeof balance, &r, &r.reply);
 *
 *     while (edo_mpsc_recv(inbox, &r) == 0) {                         // the actor
 *         balance += r.amount;
 *         (void)edo_oneshot_send(r.reply, &balance); // nobody may wait any more: no failure
 *     }
 *
 * The channel's `.drop` frees the reply of a message that is never read, by edo_oneshot_tx_free();
 * whoever owns the receiver frees that when no actor reads it any more, edo_mpsc_rx_free(). Without
 * these two a call waits for ever when the actor has ended; with them it fails. The rest of an
 * actor is a loop: chapter 42 of the book has the programs, also one with an actor for each key,
 * which ends when nobody uses it. */
#ifndef EDO_ACTOR_H
#define EDO_ACTOR_H

#include <edo/mpsc.h>
#include <edo/oneshot.h>

EDO_BEGIN_DECLS

/** Sends `*msg` to `actor` with a new sender in `*reply`, and waits for the value of `answer_bytes`
 * bytes that is sent by it. The actor sends it by edo_oneshot_send(), now or later, itself or from
 * another task; or frees it, if there is no reply.
 * Owns:    borrows its arguments until return. `reply` is a field of `*msg`. Afterwards it is NULL
 *          if nothing was sent: what else `*msg` owns is then still the caller's. Else the message
 *          is the actor's, and the field must not be used. A reply that comes when the call has
 *          failed is lost, so one that owns something needs an edo_oneshot of the caller's own,
 *          with a `.drop`.
 * Errors:  -EDO_ECLOSED  the receiver was closed or freed, or the actor has freed the sender: there
 *                        is no reply
 *          -ENOMEM; -EINVAL  `answer_bytes` is above 1 GiB
 *          -ECANCELED    this task was cancelled, or a deadline around it passed
 * Cancel:  safe: no memory is lost. If the message was sent (`*reply` is not NULL), the actor reads
 *          it all the same; edo_oneshot_is_closed() tells it that nobody waits.
 * Threads: fibers and plain threads, at once.   Waits: for a place in the inbox, and for the reply.
 * Since:   0.1 */
EDO_MUST_USE EDO_API int edo_actor_call(edo_mpsc_tx *actor, void *answer, size_t answer_bytes,
                                        void *msg, edo_oneshot_tx **reply);

EDO_END_DECLS

#endif
