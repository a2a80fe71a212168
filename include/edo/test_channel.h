/* SPDX-License-Identifier: MIT */
/* edo/test_channel.h: what every bounded channel must do, as a test that any channel can be run
 * through, the program's own too.
 *
 *     typedef struct inbox { edo_mpsc_tx *tx; edo_mpsc_rx *rx; } inbox;
 *
 *     static edo_future *send_letter(void *channel, void *room, const uint64_t *value) {
 *         return edo_mpsc_send_init(room, ((inbox *)channel)->tx, value);
 *     }
 *     …
 *     static const edo_test_channel_ops ops = { .make = make_inbox, .send = send_letter, … };
 *     EDO_TEST_OK(edo_test_channel_suite(&ops, NULL)); */
#ifndef EDO_TEST_CHANNEL_H
#define EDO_TEST_CHANNEL_H

#include <edo/test.h>

EDO_BEGIN_DECLS

#define EDO_TEST_CHANNEL_BYTES 64u  /* of what `make` fills, and of a permit */
#define EDO_TEST_FUTURE_BYTES  256u /* of a future of a channel, at most */

/* A kind of channel. A `channel` is EDO_TEST_CHANNEL_BYTES zero bytes that `make` fills, usually by
 * its two ends; a `permit` has as many, and a `room` EDO_TEST_FUTURE_BYTES for a future. Values are
 * numbers of the suite's choice. Where NULL is allowed, the rules about it are left out. */
typedef struct edo_test_channel_ops {
    /* Makes a channel with `cap` places, 1 to 64; an unbounded one gets 512 values at most. It is
     * to give each value that is never received to `drop`, once. Returns 0 or a code. */
    int (*make)(void *channel, size_t cap, void (*drop)(void *elem), void *arg);
    /* The last sender goes; the last receiver goes. The second of both frees the channel. */
    void (*senders_go)(void *channel);
    void (*receivers_go)(void *channel);
    /* Make the futures that send and receive: 0 or a count, or -EDO_ECLOSED. */
    edo_future *(*send)(void *channel, void *room, const uint64_t *value);
    edo_future *(*recv)(void *channel, void *room, uint64_t *value);
    /* As they do, but -EAGAIN instead of a wait. May be NULL. */
    int (*try_send)(void *channel, const uint64_t *value);
    int (*try_recv)(void *channel, uint64_t *value);
    /* Makes the future that waits for a place and keeps it in `permit`; the next two use the permit
     * up. All NULL, or none. */
    edo_future *(*reserve)(void *channel, void *room, void *permit);
    void (*send_reserved)(void *channel, void *permit, const uint64_t *value);
    void (*release)(void *channel, void *permit);
    /* Ends sending, by the receiver. May be NULL. */
    void (*close)(void *channel);
    bool many_receivers;  /* several may wait at once */
    bool unbounded;       /* sends never wait */
    bool no_drop;         /* the channel does not call `drop` */
    uint64_t reserved[4]; /* must be 0 */
} edo_test_channel_ops;

/** Runs a kind of channel through the rules: values arrive in order, each once; who waits for a
 * place or a value is served in order of arrival, and nobody passes by; a send, a receive and a
 * reservation that are dropped before their first poll, while they wait, or when their turn has
 * come, lose nothing and hand it on; a close, the last sender and the last receiver end the
 * channel in each state it can be in, wake who waits, and leave each value with one owner, which
 * is counted; the newest waker is woken; and a crowd sends, receives, reserves and gives up at
 * random, of which nobody waits without need. A rule that does not hold fails, as edo_test_fail()
 * does, with its name; so does a future, or what `make` fills, that is larger than its room. The
 * same happens in every run.
 *
 * Each rule has channels of its own. Futures are polled by hand: without a runtime, if the channel
 * needs none.
 * Owns:    borrows `ops` and `arg` until return.
 * Errors:  -EINVAL  an operation is missing, or `reserved` is not 0;  -ENOMEM
 *          what `make` returns
 * Threads: any.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_test_channel_suite(const edo_test_channel_ops *ops, void *arg);

EDO_END_DECLS

#endif
