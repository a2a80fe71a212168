/* SPDX-License-Identifier: MIT */
/* Goal: a chain of any sequences ends at any moment, freed or shut down, by whoever reads it then:
 * what it awaits is dropped, a shutdown has seen the end of each task, and nothing is used that is
 * gone. Method: random chains, by a seed that is printed, whose sources wait for channels, clocks,
 * tasks and other functions; reads that are cut short; the sanitizers; every kind of runtime. */
#include <edo/seq_chunks.h>
#include <edo/seq_generate.h>
#include <edo/seq_merge.h>

#include "base/atomic.h"
#include "inside.h"
#include "rounds.h"
#include "seed.h"

#include <edo/mpsc.h>

#define PARTS_MAX 40
#define DEEP      3 /* merges and chains in each other */

/* One chain, and what its functions share. A function that was cancelled before it began may run
 * when the chain has been freed for long. */
typedef struct ends {
    uint64_t random;
    edo_atomic_u32 running; /* functions of generators and of buffered items */
    edo_mpsc_tx *tx[PARTS_MAX];
    size_t tx_n;
} ends;

typedef struct rounds {
    uint64_t seed;
    uint32_t n;
    ends *all;
} rounds;

static uint64_t below(uint64_t *random, uint64_t n) {
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*random >> 33) % n;
}

/* ---- Sources --------------------------------------------------------------------------------- */

/* Awaits this and that; a function that is cut short awaits something in a shield, now and then. */
static int wander(uint64_t *random) {
    int err = 0;
    switch (below(random, 4)) {
    case 0: err = edo_yield(); break;
    case 1: err = edo_sleep(edo_us((int64_t)below(random, 40))); break;
    default: break;
    }
    if (err < 0 && below(random, 2)) {
        edo_shield sh;
        edo_shield_begin(&sh, edo_s(5));
        (void)edo_sleep(edo_us(20));
        (void)edo_shield_end(&sh, 0);
    }
    return err;
}

static int emits(void *arg, edo_emitter *e) {
    ends *self = arg;
    uint64_t random = (uint64_t)(uintptr_t)e;
    int err = 0;
    (void)edoi_add_rlx_u32(&self->running, 1);
    for (int64_t i = (int64_t)below(&random, 20); i > 0 && err == 0; i--) {
        err = wander(&random);
        if (err == 0) err = edo_emit(e, &i);
    }
    (void)edoi_add_rlx_u32(&self->running, UINT32_MAX);
    return err;
}

static edo_seq *channel_new(ends *self) {
    edo_mpsc_rx *rx;
    edo_mpsc_tx **tx = &self->tx[self->tx_n++];
    CHECK(self->tx_n <= PARTS_MAX);
    CHECK_EQ(edo_mpsc_new(tx, &rx, sizeof(int64_t), 4, NULL), 0);
    return edo_seq_from_mpsc(rx);
}

static edo_seq *any_source(ends *self) {
    static const int64_t items[40];
    switch (below(&self->random, 4)) {
    case 0: return edo_seq_generate(sizeof(int64_t), emits, self);
    case 1: return edo_seq_array(items, below(&self->random, 40), sizeof(int64_t));
    case 2: return edo_seq_from_interval(edo_us(30), EDO_TICK_SKIP);
    default: return channel_new(self);
    }
}

/* ---- Adapters -------------------------------------------------------------------------------- */

static int pass(void *arg, const void *in, void *out) {
    (void)arg;
    *(int64_t *)out = *(const int64_t *)in;
    return 0;
}

static int pass_slowly(void *arg, const void *in, void *out) {
    ends *self = arg;
    uint64_t random = (uint64_t)(uintptr_t)out;
    (void)edoi_add_rlx_u32(&self->running, 1);
    int err = wander(&random);
    (void)edoi_add_rlx_u32(&self->running, UINT32_MAX);
    if (below(&random, 16) == 0) return -EIO;
    return err < 0 ? err : pass(NULL, in, out);
}

static int pass_number(void *arg, const void *in, void *out) {
    const edo_chunk *c = in;
    (void)arg;
    CHECK(c->n > 0);
    *(int64_t *)out = (int64_t)c->n;
    return 0;
}

static int pass_most(void *arg, const void *in, void *out) {
    int err = *(const int64_t *)in % 4 == 3 ? 0 : 1;
    return err == 0 ? 0 : pass(arg, in, out) + 1;
}

static int is_none(void *arg, const void *item) {
    (void)arg;
    (void)item;
    return 0;
}

static void look(void *arg, int result, const void *item) {
    (void)arg;
    CHECK((result == 1) == (item != NULL));
}

static int is_any(void *arg, const void *item) {
    (void)arg;
    (void)item;
    return 1;
}

static edo_seq *unchunked(edo_seq *chunks) {
    return edo_seq_map(chunks, pass_number, NULL, sizeof(int64_t));
}

static edo_future *nap_new(ends *self) {
    edo_sleep_future nap;
    return edo_boxed_new(edo_sleep_init(&nap, edo_us((int64_t)below(&self->random, 500))));
}

static edo_seq *any_chain(ends *self, int deep);

/* A source as the item of a sequence. */
static int chain_of(void *arg, const void *in, void *out) {
    (void)in;
    *(edo_seq **)out = any_source(arg);
    return 0;
}

static edo_seq *any_step(ends *self, edo_seq *s, int deep) {
    const uint64_t n = 1 + below(&self->random, 6);
    switch (below(&self->random, deep > 0 ? 19 : 16)) {
    case 0: return edo_seq_map(s, pass, NULL, sizeof(int64_t));
    case 1: return edo_seq_filter(s, is_any, NULL);
    case 2: return edo_seq_take(s, 10 * n);
    case 3: return edo_seq_peekable(s);
    case 4: return edo_seq_buffered(s, n, pass_slowly, self, sizeof(int64_t));
    case 5: return edo_seq_buffer_unordered(s, n, pass_slowly, self, sizeof(int64_t));
    case 6: return edo_seq_try_buffered(s, n, pass_slowly, self, sizeof(int64_t));
    case 7: return unchunked(edo_seq_chunks(s, n));
    case 8: return unchunked(edo_seq_ready_chunks(s, n));
    case 9: return unchunked(edo_seq_chunks_timeout(s, n, edo_us(20)));
    case 10: return edo_seq_take_until(s, nap_new(self));
    case 11: return edo_seq_filter_map(s, pass_most, NULL, sizeof(int64_t));
    case 12: return edo_seq_skip_while(s, is_none, NULL);
    case 13: return edo_seq_inspect(s, look, NULL);
    case 14: return edo_seq_throttle(s, edo_us(20));
    case 15: return edo_seq_timeout(s, edo_us(20));
    case 16:
        return edo_seq_flatten(edo_seq_map(edo_seq_take(s, n), chain_of, self, sizeof s),
                               sizeof(int64_t));
    case 17: return edo_seq_chain(s, any_chain(self, deep - 1));
    default: return edo_seq_merge(s, any_chain(self, deep - 1), any_source(self));
    }
}

static edo_seq *any_chain(ends *self, int deep) {
    edo_seq *s = any_source(self);
    for (uint64_t n = below(&self->random, 4); n > 0; n--) s = any_step(self, s, deep);
    CHECK(s);
    return s;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void send_some(ends *self) {
    for (size_t i = 0; i < self->tx_n; i++) {
        int64_t item = 1;
        if (self->tx[i] && below(&self->random, 3) == 0)
            (void)edo_mpsc_try_send(self->tx[i], &item);
        if (self->tx[i] && below(&self->random, 30) == 0) {
            edo_mpsc_tx_unref(self->tx[i]);
            self->tx[i] = NULL;
        }
    }
}

/* Reads now and then to the next item, mostly not. Returns false at the end. */
static bool reads(ends *self, edo_seq *s) {
    edo_seq_next_future f;
    edo_deadline d;
    int64_t item;
    int rc = 1;
    switch (below(&self->random, 3)) {
    case 0:
        rc = edo_poll_once(edo_seq_next_init(&f, s, &item)) == EDO_READY ? edo_result(&f) : 1;
        edo_drop(&f.base);
        break;
    case 1:
        edo_deadline_begin(&d, edo_us(25));
        rc = edo_deadline_end(&d, edo_seq_next(s, &item));
        break;
    default: CHECK_EQ(edo_yield(), 0); break;
    }
    return rc != 0;
}

/* Returns whether all tasks of `s` have ended. */
static bool end_of(ends *self, edo_seq *s) {
    edo_deadline d;
    int err;
    switch (below(&self->random, 3)) {
    case 0: edo_seq_free(s); return false;
    case 1: CHECK_EQ(edo_seq_shutdown(s), 0); return true;
    default:
        edo_deadline_begin(&d, edo_us(10));
        err = edo_deadline_end(&d, edo_seq_shutdown(s));
        CHECK(err == 0 || err == -ETIMEDOUT);
        return err == 0;
    }
}

static void one_chain(ends *self) {
    edo_seq *s = any_chain(self, DEEP);
    uint64_t n = below(&self->random, 40);
    bool more = true;
    while (more && n-- > 0) {
        send_some(self);
        more = reads(self, s);
    }
    if (end_of(self, s)) CHECK_EQ(edoi_load_rlx_u32(&self->running), 0);
    send_some(self);
    for (size_t i = 0; i < self->tx_n; i++) edo_mpsc_tx_unref(self->tx[i]);
}

static int ends_of_chains(void *arg) {
    const rounds *r = arg;
    for (uint32_t i = 0; i < r->n; i++) {
        r->all[i] = (ends){ .random = r->seed + i };
        one_chain(&r->all[i]);
    }
    return 0;
}

static void random_chains_end_anywhere(void **state) {
    (void)state;
    rounds r = { .seed = test_seed(55), .n = test_rounds(500, 20000) };
    r.all = calloc(r.n, sizeof *r.all);
    assert_non_null(r.all);
    print_message("seed %" PRIu64 "\n", r.seed);
    assert_int_equal(inside(ends_of_chains, &r), 0);
    r.n = test_rounds(50, 1000); // in real time, which passes more slowly
    for (size_t i = 0; i < KINDS_N; i++)
        assert_int_equal(inside_with(ends_of_chains, &r, &kinds[i]), 0);
    free(r.all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_chains_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
