/* SPDX-License-Identifier: MIT */
/* test/suite/channel_rules.h: the rules of edo_test_channel_suite(), and how they send, receive and
 * count. A value is a pointer to its cell, where each end that it comes to is counted. */
#ifndef EDOI_TEST_SUITE_CHANNEL_RULES_H
#define EDOI_TEST_SUITE_CHANNEL_RULES_H

#include <edo/test_channel.h>

#include <stdalign.h>
#include <stddef.h>

#define EDOI_CHANNEL_CELLS 512u
#define EDOI_CHANNEL_FENCE 8u /* words behind what a channel may fill, which stay 0 */

/* Where a value has ended. */
typedef struct edoi_channel_cell {
    uint32_t sent, received, dropped;
} edoi_channel_cell;

/* A channel under one rule. */
typedef struct edoi_channel {
    alignas(max_align_t) char bytes[EDO_TEST_CHANNEL_BYTES];
    uint64_t fence[EDOI_CHANNEL_FENCE];
    const edo_test_channel_ops *ops;
    void *arg;
    const char *rule;
    int err;           /* of `make` */
    bool no_tx, no_rx; /* the end has gone */
    uint32_t made_n;   /* cells in use */
    edoi_channel_cell cells[EDOI_CHANNEL_CELLS];
} edoi_channel;

typedef enum edoi_channel_what { EDOI_SENDS, EDOI_RECEIVES, EDOI_RESERVES } edoi_channel_what;

/* A future of the channel, and its permit or value. */
typedef struct edoi_channel_wait {
    alignas(max_align_t) char room[EDO_TEST_FUTURE_BYTES];
    alignas(max_align_t) char permit[EDO_TEST_CHANNEL_BYTES];
    edoi_channel_what what;
    edo_test_task task;
    edo_future *future;
    edoi_channel_cell *cell; /* of a send */
    uint64_t value;          /* of a send: 0 once it is over, when nobody may read it */
} edoi_channel_wait;

typedef void edoi_channel_rule(edoi_channel *c);

/* Fails, with the rule's name, unless `is` is `want`. */
#define EDOI_CHANNEL_EQ(c, is, want)                                                               \
    edoi_channel_eq((c), (int64_t)(is), (int64_t)(want), #is, __LINE__)
void edoi_channel_eq(const edoi_channel *c, int64_t is, int64_t want, const char *what, int line);

/* Makes a channel of `cap` places, without values; false: that failed, and the rule ends. */
bool edoi_channel_made(edoi_channel *c, size_t cap);

/* Lets the ends go that are there, and checks that each value has ended as it should. */
void edoi_channel_ended(edoi_channel *c);

/* Let one end go. */
void edoi_channel_no_tx(edoi_channel *c);
void edoi_channel_no_rx(edoi_channel *c);

/* A fresh value. */
edoi_channel_cell *edoi_channel_cell_new(edoi_channel *c);

/* Starts an operation, which is not polled. */
void edoi_channel_send(edoi_channel *c, edoi_channel_wait *w);
void edoi_channel_recv(edoi_channel *c, edoi_channel_wait *w);
void edoi_channel_reserve(edoi_channel *c, edoi_channel_wait *w);

/* Polls once: the result, or -EAGAIN while it is pending. Counts what was sent or received. */
int edoi_channel_poll(edoi_channel *c, edoi_channel_wait *w);

/* As edoi_channel_poll(), of one that must have been woken since its last poll. */
int edoi_channel_woken(edoi_channel *c, edoi_channel_wait *w);

/* Uses the permit. */
void edoi_channel_use(edoi_channel *c, edoi_channel_wait *w);

/* One send, or one receive, that is dropped if it would wait: -EAGAIN. The index of the value that
 * was received is in `*index`. */
int edoi_channel_put(edoi_channel *c);
int edoi_channel_take(edoi_channel *c, uint32_t *index);

/* As they do, by try_send() and try_recv(). */
int edoi_channel_try_put(edoi_channel *c);
int edoi_channel_try_take(edoi_channel *c, uint32_t *index);

/* Receives the value of this index, which must be there. */
void edoi_channel_takes(edoi_channel *c, uint32_t index);

/* Starts an operation that must wait. */
void edoi_channel_send_waits(edoi_channel *c, edoi_channel_wait *w);
void edoi_channel_recv_waits(edoi_channel *c, edoi_channel_wait *w);
void edoi_channel_reserve_waits(edoi_channel *c, edoi_channel_wait *w);

/* The channel says that it has ended, and goes on saying it. */
void edoi_channel_is_over(edoi_channel *c);

/* channel_turns.c: order, and who is cancelled */
edoi_channel_rule edoi_channel_in_order, edoi_channel_senders_wait, edoi_channel_receivers_wait,
    edoi_channel_tries, edoi_channel_newest_waker, edoi_channel_dropped_sends,
    edoi_channel_dropped_behind, edoi_channel_dropped_receives, edoi_channel_dropped_reservations,
    edoi_channel_permits;

/* channel_ends.c */
edoi_channel_rule edoi_channel_closes, edoi_channel_closes_on_senders,
    edoi_channel_closes_on_grants, edoi_channel_closes_on_tries, edoi_channel_senders_gone,
    edoi_channel_receivers_gone, edoi_channel_both_gone;

/* channel_crowd.c */
edoi_channel_rule edoi_channel_crowds;

#endif
