/* SPDX-License-Identifier: MIT */
/* orders/memory.c: see memory.h. */
#define EDO_FAULTS 1 /* in release builds, too */
#include "memory.h"

#include <edo/fault.h>
#include <edo/task.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Death ----------------------------------------------------------------------------------- */

/* 0, or the service is dead. */
static int market_live(void) {
    return edo_fault_point(MARKET_LIFE);
}

/* ---- Orders ---------------------------------------------------------------------------------- */

static row *row_of(market *m, const char *key) {
    return &m->rows[strtoul(key, NULL, 10)];
}

static void row_show(const row *r, order *out) {
    *out = r->order;
    out->age = edo_instant_since(edo_now(), r->placed_at);
}

static void outbox_remove(market *m, row *r) {
    const uint32_t number = (uint32_t)(r - m->rows);
    uint32_t i = 0;
    while (i < m->outbox_n && m->outbox[i] != number) i++;
    if (i < m->outbox_n) m->outbox[i] = m->outbox[--m->outbox_n];
    r->is_in_outbox = false;
}

static int market_place(void *self, order *o) {
    market *m = self;
    row *r = row_of(m, o->key);
    int err = market_live();
    if (err < 0) return err;
    if (r->order.n == 0) { // the key is new
        r->order = *o;
        r->order.amount = 900 * o->n;
        r->order.state = m->stock >= o->n ? ORDER_PLACED : ORDER_SOLD_OUT;
        r->placed_at = r->ended_at = edo_now();
    }
    if (r->order.state == ORDER_PLACED && !r->is_in_outbox) {
        m->stock -= o->n;
        m->outbox[m->outbox_n++] = (uint32_t)(r - m->rows);
        r->is_in_outbox = true;
        r->due = edo_instant_add(edo_now(), edo_s(ORDER_LEASE));
    }
    row_show(r, o);
    return market_live();
}

static int market_move(void *self, order *o, order_state to) {
    market *m = self;
    row *r = row_of(m, o->key);
    int err = market_live();
    if (err < 0) return err;
    if (r->order.state == o->state) {
        r->order.state = to;
        r->ended_at = edo_now();
        if (to != ORDER_UNDOING) outbox_remove(m, r);
        if (to == ORDER_UNDONE) m->stock += r->order.n;
    }
    err = market_live();
    if (err == 0) row_show(r, o);
    return err;
}

static int market_take(void *self, order *due, int max) {
    market *m = self;
    int n = 0;
    int err = market_live();
    if (err < 0) return err;
    for (uint32_t i = 0; i < m->outbox_n && n < max; i++) {
        row *r = &m->rows[m->outbox[i]];
        if (edo_instant_since(edo_now(), r->due).ns < 0) continue;
        r->due = edo_instant_add(edo_now(), edo_s(ORDER_LEASE));
        row_show(r, &due[n++]);
    }
    return n;
}

static int market_recover(void *self) {
    market *m = self;
    for (uint32_t i = 0; i < m->outbox_n; i++) m->rows[m->outbox[i]].due = edo_now();
    return market_live();
}

/* ---- The partner ----------------------------------------------------------------------------- */

static double chance(market *m) { // splitmix64
    uint64_t z = (m->random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static payment_state partner_do(market *m, const payment *ask) {
    row *r = row_of(m, ask->key);
    if (ask->verb == PAYMENT_TAKE && !r->taken && !r->returned && !r->declined) {
        r->taken += !m->declines;
        r->declined += m->declines;
    }
    if (ask->verb == PAYMENT_RETURN && !r->returned) r->returned++;
    if (r->returned) return PAYMENT_RETURNED;
    return r->taken ? PAYMENT_TAKEN : r->declined ? PAYMENT_DECLINED : PAYMENT_NONE;
}

/* A request that arrives late, when nobody waits for it any more. */
typedef struct late {
    market *m;
    payment ask;
    char key[ORDER_KEY_MAX];
    edo_duration by;
} late;

static int late_do(void *arg) {
    late *l = arg;
    l->ask.key = l->key;
    if (edo_sleep(l->by) == 0) (void)partner_do(l->m, &l->ask);
    free(l);
    return 0;
}

static int partner_late(market *m, const payment *ask) {
    late *l = malloc(sizeof *l);
    if (!l) return -ENOMEM;
    *l = (late){ .m = m, .ask = *ask, .by = edo_ms((int64_t)(chance(m) * 10000)) };
    (void)snprintf(l->key, sizeof l->key, "%s", ask->key);
    if (edo_spawn_detached(late_do, l) < 0) free(l);
    return edo_sleep(edo_s(10));
}

static int partner_serve(void *self, void *request, void *response) {
    market *m = self;
    const payment *ask = request;
    int err = market_live();
    if (err == 0) err = edo_sleep(m->each);
    if (err < 0) return err;
    m->calls_n++;
    if (m->is_down) return -ECONNREFUSED;
    double fate = m->fail > 0 ? chance(m) / m->fail : 1;
    if (fate < 1.0 / 3) return -EDO_ESTATUS;
    if (fate < 2.0 / 3) return partner_late(m, ask);
    *(payment_state *)response = partner_do(m, ask);
    if (fate < 1) return -ECONNRESET; // taken, and nobody was told
    return market_live();
}

/* ---- The market ------------------------------------------------------------------------------ */

int market_restart(market *m) {
    edo_service *partner;
    if (edo_fault_failed_n(MARKET_LIFE) > 0) (void)edo_fault_disarm(MARKET_LIFE);
    int err = edo_service_from_fn(&partner, partner_serve, m, NULL);
    return err < 0 ? err : payments_open(&m->payments, partner);
}

int market_open(market *m, uint32_t orders, int32_t stock) {
    static const order_store_ops ops = {
        .place = market_place, .move = market_move, .take = market_take, .recover = market_recover
    };
    *m = (market){ .stock = stock, .stock_first = stock, .each = edo_ms(20), .random = 1 };
    m->rows = calloc(orders, sizeof *m->rows);
    m->outbox = calloc(orders, sizeof *m->outbox);
    m->saga = (saga){ { &ops, m }, &m->payments };
    return m->rows && m->outbox ? market_restart(m) : -ENOMEM;
}

void market_close(market *m) {
    (void)edo_fault_disarm(MARKET_LIFE); // perhaps it has not come to that point
    payments_close(&m->payments);
    free(m->rows);
    free(m->outbox);
}

int market_buy(void *self) {
    market *m = self;
    order o = { .item = 1, .n = 1 };
    (void)snprintf(o.key, sizeof o.key, "%" PRIu32, m->rows_n++);
    int err = m->saga.store.ops->place(m, &o);
    return err < 0 ? err : saga_run(&m->saga, &o);
}

static const char *row_fault(const row *r) {
    const bool has_money = r->taken > r->returned;
    if (r->taken > 1 || r->returned > 1) return "the partner has done something twice";
    if (r->is_in_outbox != (r->order.state == ORDER_PLACED || r->order.state == ORDER_UNDOING))
        return "the outbox";
    if (r->order.state == ORDER_PAID && (!has_money || r->returned)) return "paid, without money";
    if (r->order.state == ORDER_UNDONE && has_money) return "undone, and the money is kept";
    if (r->order.state == ORDER_SOLD_OUT && r->taken) return "sold out, and the money was taken";
    return NULL;
}

bool market_is_right(const market *m) {
    int32_t sold = 0;
    for (uint32_t i = 0; i < m->rows_n; i++) {
        const row *r = &m->rows[i];
        const char *fault = r->order.n > 0 ? row_fault(r) : NULL; // else it was never placed
        sold += r->order.state < ORDER_UNDONE ? r->order.n : 0;
        if (!fault) continue;
        (void)fprintf(stderr, "order %u: %s (state %d, taken %d, returned %d)\n", i, fault,
                      (int)r->order.state, r->taken, r->returned);
        return false;
    }
    return m->stock >= 0 && m->stock + sold == m->stock_first;
}
