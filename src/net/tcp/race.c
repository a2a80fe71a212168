/* SPDX-License-Identifier: MIT */
/* net/tcp/race.c: see race.h. */
#include "net/tcp/race.h"

#include "base/memory/alloc.h"
#include "net/tcp/attempt.h"

#include <errno.h>

#define STAGGER_MS 250 /* RFC 8305 section 8: the recommended delay between two attempts */

struct edoi_race {
    const edoi_names *names;
    const edo_tcp_opts *opts;
    edo_sleep_future stagger; /* alive while `is_armed` */
    bool is_armed;
    int failure; /* the first; 0: none */
    uint32_t n, begun, under_way;
    uint8_t order[EDOI_NAMES_MAX]; /* of the addresses */
    edoi_attempt attempts[EDOI_NAMES_MAX];
};

/* The next address from `at` on that is (or is not) of `family`; the number of all after the
 * last. */
static uint32_t seek(const edoi_race *r, uint32_t at, int family, bool is_of) {
    edo_addr addr;
    while (edoi_names_get(r->names, at, &addr) && (addr.sock.any.sa_family == family) != is_of)
        at++;
    return at;
}

static void put_in_order(edoi_race *r) {
    edo_addr best;
    while (edoi_names_get(r->names, r->n, &best)) r->n++;
    if (!edoi_names_get(r->names, 0, &best)) return;
    int family = best.sock.any.sa_family;
    uint32_t next[2] = { seek(r, 0, family, true), seek(r, 0, family, false) };
    for (uint32_t i = 0, other = 0; i < r->n; i++) {
        if (next[other] == r->n) other = !other; // one family is left
        r->order[i] = (uint8_t)next[other];
        next[other] = seek(r, next[other] + 1, family, other == 0);
        other = !other;
    }
}

int edoi_race_new(edoi_race **out, const edoi_names *names, const edo_tcp_opts *opts) {
    edoi_race *r = edoi_calloc(1, sizeof *r);
    if (!r) return -ENOMEM;
    r->names = names;
    r->opts = opts;
    put_in_order(r);
    *out = r;
    return 0;
}

static void race_disarm(edoi_race *r) {
    if (r->is_armed) edo_drop(&r->stagger.base);
    r->is_armed = false;
}

static void race_note_failure(edoi_race *r, int err) {
    if (r->failure == 0) r->failure = err;
}

/* Begins the next attempt that does not fail at once. Returns the stream if it is connected. */
static edo_stream *begin_next(edoi_race *r) {
    race_disarm(r);
    while (r->begun < r->n) {
        edo_addr addr = { 0 };
        edoi_attempt *a = &r->attempts[r->begun];
        (void)edoi_names_get(r->names, r->order[r->begun++], &addr);
        int err = edoi_attempt_begin(a, &addr, r->opts);
        if (err == 0) return edoi_attempt_take(a);
        if (err == -EINPROGRESS) {
            r->under_way++;
            (void)edo_sleep_init(&r->stagger, edo_ms(STAGGER_MS));
            r->is_armed = true;
            return NULL;
        }
        race_note_failure(r, err);
    }
    return NULL;
}

/* Polls all attempts under way. Returns the stream of one that is connected; `*failed`: an attempt
 * has failed. */
static edo_stream *poll_all(edoi_race *r, edo_cx *cx, bool *failed) {
    for (uint32_t i = 0; i < r->begun; i++) {
        edoi_attempt *a = &r->attempts[i];
        int result;
        if (!edoi_attempt_is_made(a) || edoi_attempt_poll(a, cx, &result) == EDO_PENDING) continue;
        if (result == 0) return edoi_attempt_take(a);
        edoi_attempt_drop(a);
        race_note_failure(r, result);
        r->under_way--;
        *failed = true;
    }
    return NULL;
}

static bool stagger_is_over(edoi_race *r, edo_cx *cx) {
    return r->is_armed && edo_poll(&r->stagger.base, cx) == EDO_READY;
}

edo_polled edoi_race_poll(edoi_race *r, edo_cx *cx, edo_stream **out, int *result) {
    for (;;) {
        bool failed = false;
        edo_stream *winner = poll_all(r, cx, &failed);
        bool begins =
            r->begun < r->n && !winner && (failed || r->under_way == 0 || stagger_is_over(r, cx));
        if (begins) winner = begin_next(r);
        if (winner) {
            *out = winner;
            *result = 0;
            return EDO_READY;
        }
        if (r->under_way == 0 && r->begun == r->n) {
            *result = r->failure;
            return EDO_READY;
        }
        if (!begins) return EDO_PENDING;
    }
}

void edoi_race_free(edoi_race *r) {
    if (!r) return;
    race_disarm(r);
    for (uint32_t i = 0; i < r->begun; i++) edoi_attempt_drop(&r->attempts[i]);
    edoi_free(r);
}
