/* SPDX-License-Identifier: MIT */
/* store.h: orders in PostgreSQL. */
#ifndef STORE_H
#define STORE_H

#include "order.h"

#include <edo/pg.h>

/* Makes the tables, if they are not there. */
int store_open(order_store *out, edo_pg *db);

/* What there is of a thing. */
typedef struct item {
    int64_t id, price;
    int32_t stock;
} item;
EDO_DESCRIBED(item)

/* Puts a thing up for sale, once; finds it. */
int store_offer(edo_pg *db, const item *it);
int store_get_item(edo_pg *db, item *it);

#endif
