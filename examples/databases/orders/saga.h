/* SPDX-License-Identifier: MIT */
/* saga.h: what becomes of an order after it was placed: paid, or undone.
 *
 * The one who places an order takes it on; if that is cut short, whatever the reason, the outbox
 * still has it, and the relay takes it on. Two may be at it at once: each step may be done twice,
 * and the store lets one of them move the order. */
#ifndef SAGA_H
#define SAGA_H

#include "order.h"
#include "payments.h"

typedef struct saga {
    order_store store;
    payments *payments;
} saga;

/* Takes an order on until it has ended: 0, or why it has not. */
int saga_run(saga *s, order *o);

/* The outbox: a task that takes on what nobody has, first of all what was cut short before this
 * start, until it is cancelled. `arg` is a saga. */
int saga_relay(void *arg);

#endif
