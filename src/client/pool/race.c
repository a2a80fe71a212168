/* SPDX-License-Identifier: MIT */
/* client/pool/race.c: attempts at several addresses. Futures, not tasks: all of them end with
 * the call, also if that is cancelled.
 *
 * inv. 1: a pause runs while an address is left, and at no other time. */
#include "client/pool/race.h"
#include "base/assert.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>
#include <stdlib.h>

#define DELAY_MS 250 /* RFC 8305: "Connection Attempt Delay" */

typedef struct dial_race {
    const edo_addr *order[EDOI_ADDRESSES_MAX]; /* borrowed */
    const edo_tcp_opts *tcp;
    edo_tcp_connect_future attempts[EDOI_ADDRESSES_MAX];
    edo_stream *made[EDOI_ADDRESSES_MAX];
    bool is_live[EDOI_ADDRESSES_MAX];
    edo_sleep_future pause; /* inv. 1 */
    int n, begun_n, live_n;
    int err; /* the first failure */
} dial_race;

/* Puts the addresses in turns of their families. */
static void race_order(dial_race *r, const edo_addr *addrs, int n) {
    sa_family_t wanted = addrs[0].sock.any.sa_family, first = wanted;
    bool is_taken[EDOI_ADDRESSES_MAX] = { false };
    for (r->n = 0; r->n < n; r->n++) {
        int at = -1;
        for (int i = n - 1; i >= 0; i--) {
            bool is_better = addrs[i].sock.any.sa_family == wanted || at < 0 ||
                             addrs[at].sock.any.sa_family != wanted;
            if (!is_taken[i] && is_better) at = i;
        }
        is_taken[at] = true;
        r->order[r->n] = &addrs[at];
        bool was_first = addrs[at].sock.any.sa_family == first;
        wanted = !was_first ? first : first == AF_INET ? AF_INET6 : AF_INET;
    }
}

static void race_begin_next(dial_race *r) {
    int i = r->begun_n++;
    (void)edo_tcp_connect_addr_init(&r->attempts[i], &r->made[i], r->order[i], r->tcp);
    r->is_live[i] = true;
    r->live_n++;
    if (i > 0) edo_drop(&r->pause.base);
    if (r->begun_n < r->n) (void)edo_sleep_init(&r->pause, edo_ms(DELAY_MS));
    EDO_INV("race inv. 1", r->begun_n == r->n || !edo_future_is_over(&r->pause.base));
}

/* Returns the attempt that is over, `n` for the pause, or -ECANCELED. */
static int race_wait(dial_race *r) {
    edo_future *all[EDOI_ADDRESSES_MAX + 1];
    for (int i = 0; i < r->n; i++) all[i] = r->is_live[i] ? &r->attempts[i].base : NULL;
    all[r->n] = r->begun_n < r->n ? &r->pause.base : NULL;
    return edo_select_array(all, (size_t)r->n + 1, EDO_SELECT_KEEP | EDO_SELECT_BIASED);
}

/* Returns 1 as long as there is hope, 0 with `*out`, or the failure. */
static int race_step(dial_race *r, edo_stream **out) {
    int i = race_wait(r);
    if (i < 0) return i;
    if (i < r->n) {
        int err = edo_result(&r->attempts[i]);
        r->is_live[i] = false;
        r->live_n--;
        if (err == 0) *out = r->made[i];
        if (err == 0) return 0;
        if (r->err == 0) r->err = err;
    }
    if (r->begun_n < r->n) race_begin_next(r);
    return r->live_n > 0 ? 1 : r->err;
}

static void race_end(dial_race *r) {
    for (int i = 0; i < r->begun_n; i++)
        if (r->is_live[i]) edo_drop(&r->attempts[i].base);
    if (r->begun_n < r->n) edo_drop(&r->pause.base);
}

int edoi_dial_race(edo_stream **out, const edo_addr *addrs, int n, const edo_tcp_opts *tcp) {
    if (n == 1) return edo_tcp_connect_addr(out, addrs, tcp);
    dial_race *r = calloc(1, sizeof *r); // too large for the stack of a fiber
    if (!r) return -ENOMEM;
    r->tcp = tcp;
    race_order(r, addrs, n);
    race_begin_next(r);
    int err;
    do err = race_step(r, out);
    while (err > 0);
    race_end(r);
    free(r);
    return err;
}
