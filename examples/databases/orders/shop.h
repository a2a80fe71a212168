/* SPDX-License-Identifier: MIT */
/* shop.h: what sells by HTTP, out of a store, and is paid by a partner: the program without its
 * database. */
#ifndef SHOP_H
#define SHOP_H

#include "order.h"

typedef struct orders_opts {
    order_store store;
    const char *partner; /* the URL of the one that takes the money */
    const char *listen;  /* as edo_tcp_listen() takes it */
} orders_opts;

/* Serves until it is cancelled. `options` are orders_opts, borrowed. */
int orders_run(void *options);

#endif
