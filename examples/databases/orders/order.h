/* SPDX-License-Identifier: MIT */
/* order.h: an order, its states, what keeps orders, and what takes them on.
 *
 *            placed ──────► paid                 the end
 *              │
 *              ▼
 *            undoing ─────► undone               the end: nothing is owed, the goods are back
 *
 *            sold_out                            the end, from the start
 *
 * inv. 1: an order leaves a state once, whoever takes it on: the store moves it only if it is still
 *         in the state that the caller has seen.
 * inv. 2: goods are set aside from `placed` until `undone`.
 * inv. 3: an order that is placed or undoing has a line in the outbox: somebody comes for it. */
#ifndef ORDER_H
#define ORDER_H

#include <edo/pg.h>

#define ORDER_KEY_MAX 64 /* with its NUL */
#define ORDER_LEASE   5  /* s: so long an order is left to the one that takes it on, about */

typedef enum order_state {
    ORDER_PLACED,
    ORDER_PAID,
    ORDER_UNDOING,
    ORDER_UNDONE,
    ORDER_SOLD_OUT,
} order_state;

typedef struct order {
    char key[ORDER_KEY_MAX]; /* the buyer's: one order, however often it is sent */
    int64_t item;
    int32_t n;
    int64_t amount; /* in cents */
    order_state state;
    edo_duration age;
} order;
EDO_DESCRIBED(order)

/* As it is stored: "placed". */
edo_str order_state_name(order_state s);

/* What keeps orders. Its functions await; a negative code says that nothing is known. */
typedef struct order_store_ops {
    /* Places the order `key` of `n` pieces of `item`, or finds that it was placed, and fills in the
     * rest of it. -ENOENT: no such item; -EEXIST: the key is that of another order. */
    int (*place)(void *store, order *o);
    /* Moves an order from o->state to `to`; o->state is then the state that it is in. */
    int (*move)(void *store, order *o, order_state to);
    /* Takes orders out of the outbox that are due, each for ORDER_LEASE: how many. */
    int (*take)(void *store, order *due, int max);
    /* Makes all of the outbox due: at the start, when nobody is left who has taken them. */
    int (*recover)(void *store);
    /* Finds an order, or -EDO_ENOROW. */
    int (*find)(void *store, order *out, const char *key);
} order_store_ops;

typedef struct order_store {
    const order_store_ops *ops;
    void *self;
} order_store;

/* Orders in PostgreSQL: makes the tables, if they are not there. */
int store_open(order_store *out, edo_pg *db);

/* What becomes of an order after it was placed: paid, or undone. The one who places it takes it on;
 * if that is cut short, the outbox still has it, and the relay takes it on. Two may be at it at
 * once: each step may be done twice, and the store lets one of them move the order. */
typedef struct saga {
    order_store store;
    struct payments *payments;
} saga;

/* Takes an order on until it has ended: 0, or why it has not. */
int saga_run(saga *s, order *o);

/* The outbox: a task that takes on what nobody has, first of all what was cut short before this
 * start, until it is cancelled. `arg` is a saga. */
int saga_relay(void *arg);

#endif
