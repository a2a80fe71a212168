/* SPDX-License-Identifier: MIT */
/* orders/memory.h: what the example `orders` needs, in memory: orders, a partner that takes money,
 * and a death of the service at any point between. */
#ifndef EDO_TESTS_ORDERS_MEMORY_H
#define EDO_TESTS_ORDERS_MEMORY_H

#include "order.h"
#include "payments.h"

#include <edo/time.h>

/* An order, and what the partner has done: two ledgers, of which the service writes only the
 * first one. */
typedef struct row {
    order order; /* its key is its number */
    edo_instant placed_at, ended_at, due;
    bool is_in_outbox;
    int taken, returned, declined; /* by the partner: how often */
} row;

typedef struct market {
    row *rows;
    uint32_t rows_n;
    int32_t stock, stock_first;
    uint32_t *outbox; /* numbers of orders */
    uint32_t outbox_n;

    /* The partner. */
    double fail;       /* share of its calls */
    bool is_down;      /* all calls fail */
    bool declines;     /* it takes no money */
    edo_duration each; /* what a call takes */
    uint64_t random;
    uint32_t calls_n;

    payments payments;
    saga saga;
} market;

/* The fault point before and behind each effect. The service dies at a pass if that and all later
 * ones fail: whatever it does from then on fails. */
#define MARKET_LIFE "market.life"

/* Opens a market for `orders` orders with the payments of the example. Must be called in a task. */
int market_open(market *m, uint32_t orders, int32_t stock);
void market_close(market *m);

/* Brings the service back, after a death if it has died: with a breaker that remembers nothing. */
int market_restart(market *m);

/* A buyer: places the next order, and takes it on. `m` is a market. */
int market_buy(void *m);

/* Are the ledgers in order: each order that has ended is paid and its money taken once, or undone
 * and no money kept, and the goods are there or sold? Names the first one that is not. */
bool market_is_right(const market *m);

#endif
