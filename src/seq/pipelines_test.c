/* SPDX-License-Identifier: MIT */
/* Goal: chains of any adapters, merged, give what a naive reference makes of the same items, with
 * each failure in its place, also when reads are dropped half way.
 * Method: random pipelines, by a seed that is printed; sources that are pending now and then; lists
 * in memory as the reference. */
#include <edo/seq_merge.h>

#include "inside.h"
#include "rounds.h"
#include "seed.h"

#include <errno.h>
#include <string.h>

#define ITEMS_MAX 48 /* of one pipeline */
#define STEPS_MAX 10 /* adapters behind one source */
#define PARTS_MAX 80 /* sources, and functions of adapters */
#define LINES_MAX 3  /* pipelines that are merged */

typedef struct list {
    int64_t at[ITEMS_MAX]; /* negative: an item that failed */
    size_t n;
} list;

/* A source, or the argument of an adapter's function. */
typedef struct part {
    list items;
    size_t read;
    bool has_waited;
    uint64_t *random;
    int64_t k;
} part;

typedef struct plan {
    uint64_t random;
    part parts[PARTS_MAX];
    size_t parts_n;
} plan;

static uint64_t below(uint64_t *random, uint64_t n) {
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*random >> 33) % n;
}

static part *part_new(plan *p) {
    part *new = &p->parts[p->parts_n++];
    CHECK(p->parts_n <= PARTS_MAX);
    *new = (part){ .random = &p->random, .k = (int64_t)below(&p->random, 16) };
    return new;
}

/* ---- Functions of adapters, and what they make of a list ------------------------------------- */

static int64_t mapped(int64_t k, int64_t value) {
    return value % 13 == k ? -EDOM : (3 * value + k) % 1000;
}

/* 1, 0 or a failure. */
static int64_t tested(int64_t k, int64_t value) {
    return value % 13 == k ? -ERANGE : value % 4 != k % 4;
}

static int map_item(void *arg, const void *in, void *out) {
    int64_t made = mapped(((part *)arg)->k, *(const int64_t *)in);
    *(int64_t *)out = made;
    return made < 0 ? (int)made : 0;
}

static int map_slowly(void *arg, const void *in, void *out) {
    for (int64_t i = *(const int64_t *)in % 3; i > 0; i--) {
        int err = edo_yield();
        if (err < 0) return err;
    }
    return map_item(arg, in, out);
}

static int test_item(void *arg, const void *item) {
    return (int)tested(((part *)arg)->k, *(const int64_t *)item);
}

/* A filter and a map in one. */
static int make_item(void *arg, const void *in, void *out) {
    int is = test_item(arg, in);
    int err = is == 1 ? map_item(arg, in, out) : 0;
    return err < 0 ? err : is;
}

static void check_item(void *arg, int result, const void *item) {
    (void)arg;
    CHECK((result == 1) == (item != NULL));
}

typedef struct numbered {
    uint64_t index;
    int64_t item;
} numbered;

static int add_number(void *arg, const void *in, void *out) {
    const numbered *n = in;
    (void)arg;
    *(int64_t *)out = (n->item + (int64_t)n->index) % 1000;
    return 0;
}

static void list_push(list *l, int64_t value) {
    CHECK(l->n < ITEMS_MAX);
    l->at[l->n++] = value;
}

static void list_map(list *l, int64_t k) {
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i] >= 0) l->at[i] = mapped(k, l->at[i]);
}

/* What a filter leaves, or, if `ends`, what comes before the first item that it refuses. */
static void list_filter(list *l, int64_t k, bool ends) {
    list kept = { .n = 0 };
    for (size_t i = 0; i < l->n; i++) {
        int64_t is = l->at[i] < 0 ? l->at[i] : tested(k, l->at[i]);
        if (is == 0 && ends) break;
        if (is != 0) list_push(&kept, is < 0 ? is : l->at[i]);
    }
    *l = kept;
}

/* What comes from the first item on that is not so, and failures. */
static void list_skip_while(list *l, int64_t k) {
    list left = { .n = 0 };
    bool skips = true;
    for (size_t i = 0; i < l->n; i++) {
        int64_t is = l->at[i] < 0 || !skips ? 0 : tested(k, l->at[i]);
        if (l->at[i] >= 0 && is == 0) skips = false;
        if (is <= 0) list_push(&left, is < 0 ? is : l->at[i]);
    }
    *l = left;
}

static void list_take(list *l, int64_t n) {
    list taken = { .n = 0 };
    for (size_t i = 0; i < l->n && n > 0; i++) {
        list_push(&taken, l->at[i]);
        n -= l->at[i] >= 0;
    }
    *l = taken;
}

static void list_skip(list *l, int64_t n) {
    list left = { .n = 0 };
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i] < 0 || n-- <= 0) list_push(&left, l->at[i]);
    *l = left;
}

static void list_number(list *l) {
    int64_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i] >= 0) l->at[i] = (l->at[i] + n++) % 1000;
}

static void list_append(list *l, const list *more) {
    for (size_t i = 0; i < more->n; i++) list_push(l, more->at[i]);
}

/* ---- Pipelines ------------------------------------------------------------------------------- */

static edo_polled source_poll(void *arg, edo_cx *cx, void *item, int *result) {
    part *self = arg;
    self->has_waited = !self->has_waited && below(self->random, 4) == 0;
    if (self->has_waited) {
        edo_cx_wake(cx);
        return EDO_PENDING;
    }
    *result = 0;
    if (self->read == self->items.n) return EDO_READY;
    int64_t value = self->items.at[self->read++];
    *result = value < 0 ? (int)value : 1;
    if (value >= 0) *(int64_t *)item = value;
    return EDO_READY;
}

static edo_seq *source_new(plan *p, list *made) {
    part *self = part_new(p);
    for (uint64_t n = below(&p->random, 12); n > 0; n--)
        list_push(&self->items,
                  below(&p->random, 8) == 0 ? -EIO : (int64_t)below(&p->random, 1000));
    *made = self->items;
    return edo_seq_from_fn(sizeof(int64_t), source_poll, self);
}

static int source_of(void *arg, const void *in, void *out) {
    (void)in;
    *(edo_seq **)out = edo_seq_from_fn(sizeof(int64_t), source_poll, arg);
    return 0;
}

/* `s`, and behind it sequences that are made when they are read: one of some items, one of none. */
static edo_seq *flat_new(plan *p, edo_seq *s, list *made) {
    static const int two[2];
    list more;
    edo_seq_free(source_new(p, &more));
    part *self = &p->parts[p->parts_n - 1];
    list_append(made, &more);
    edo_seq *both = edo_seq_array(two, 2, sizeof two[0]);
    both = edo_seq_flatten(edo_seq_map(both, source_of, self, sizeof both), sizeof(int64_t));
    return edo_seq_chain(s, both);
}

/* Adds one adapter to `s`, and does the same to `made`. */
static edo_seq *add_step(plan *p, edo_seq *s, list *made) {
    part *self = part_new(p);
    const uint64_t n = below(&p->random, 8);
    list more;
    switch (below(&p->random, 17)) {
    case 0: list_map(made, self->k); return edo_seq_map(s, map_item, self, sizeof(int64_t));
    case 1: list_filter(made, self->k, false); return edo_seq_filter(s, test_item, self);
    case 2: list_take(made, (int64_t)n); return edo_seq_take(s, n);
    case 3: list_skip(made, (int64_t)n); return edo_seq_skip(s, n);
    case 4: list_filter(made, self->k, true); return edo_seq_take_while(s, test_item, self);
    case 5:
        list_number(made);
        return edo_seq_map(edo_seq_enumerate(s), add_number, NULL, sizeof(int64_t));
    case 6: return edo_seq_peekable(s);
    case 7:
        if (made->n > 30) return s;
        s = edo_seq_chain(s, source_new(p, &more));
        list_append(made, &more);
        return s;
    case 8:
        list_map(made, self->k);
        return edo_seq_buffered(s, n + 1, map_slowly, self, sizeof(int64_t));
    case 9: // one at a time keeps the order
        list_map(made, self->k);
        return edo_seq_buffer_unordered(s, 1, map_slowly, self, sizeof(int64_t));
    case 10:
        list_filter(made, self->k, false);
        list_map(made, self->k);
        return edo_seq_filter_map(s, make_item, self, sizeof(int64_t));
    case 11: list_skip_while(made, self->k); return edo_seq_skip_while(s, test_item, self);
    case 12: return edo_seq_inspect(s, check_item, NULL);
    case 13: return edo_seq_throttle(s, edo_ns(n == 0)); // few wait
    case 14: return edo_seq_timeout(s, edo_hours(1));
    case 15: return made->n > 30 ? s : flat_new(p, s, made);
    default: return edo_seq_merge(edo_seq_empty(sizeof(int64_t)), s);
    }
}

static edo_seq *pipeline_new(plan *p, list *made) {
    edo_seq *s = source_new(p, made);
    for (uint64_t n = below(&p->random, STEPS_MAX + 1); n > 0; n--) s = add_step(p, s, made);
    return s;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Awaits `f`, or something else that is ready first: then returns false, and it was dropped. */
static bool await_or_not(plan *p, edo_future *f, int *result) {
    edo_yield_future yield;
    if (below(&p->random, 2)) {
        *result = edo_await(f);
        return true;
    }
    if (edo_select(f, edo_yield_init(&yield)) != 0) return false;
    *result = edo_future_result(f);
    return true;
}

/* Each pipeline gives what its list has, in order, and then its end. */
static void read_by_key(plan *p) {
    static list made[LINES_MAX];
    size_t got[LINES_MAX] = { 0 };
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int64_t));
    const uint64_t n = 1 + below(&p->random, LINES_MAX);
    for (uint64_t i = 0; i < n; i++)
        CHECK_EQ(edo_keyed_seq_insert(set, i, pipeline_new(p, &made[i])), 0);
    for (;;) {
        edo_keyed_seq_item_next_future f;
        edo_keyed_came came;
        int64_t item = 0;
        int rc;
        if (!await_or_not(p, edo_keyed_seq_item_next_init(&f, set, &came, &item), &rc)) continue;
        if (rc == 0) break;
        const list *of = &made[came.key];
        if (came.result == 0) CHECK_EQ(got[came.key], of->n);
        if (came.result != 0) CHECK(got[came.key] < of->n);
        if (came.result != 0)
            CHECK_EQ(came.result == 1 ? item : came.result, of->at[got[came.key]]);
        got[came.key]++;
    }
    for (uint64_t i = 0; i < n; i++) CHECK_EQ(got[i], made[i].n + 1);
    edo_keyed_seq_free(set);
}

static int tag_item(void *arg, const void *in, void *out) {
    *(int64_t *)out = *(const int64_t *)in * LINES_MAX + ((part *)arg)->k;
    return 0;
}

/* An item tells which pipeline it is of; of failures the number is compared. */
static void read_merged(plan *p) {
    static list made[LINES_MAX];
    size_t got[LINES_MAX] = { 0 }, failures_n = 0;
    edo_seq *all[LINES_MAX];
    const uint64_t n = 1 + below(&p->random, LINES_MAX);
    for (uint64_t i = 0; i < n; i++) {
        part *tag = part_new(p);
        tag->k = (int64_t)i;
        all[i] = edo_seq_map(pipeline_new(p, &made[i]), tag_item, tag, sizeof(int64_t));
    }
    edo_seq *s = edo_seq_merge_array(all, n);
    for (;;) {
        edo_seq_next_future f;
        int64_t item = 0;
        int rc;
        if (!await_or_not(p, edo_seq_next_init(&f, s, &item), &rc)) continue;
        if (rc == 0) break;
        failures_n += rc < 0;
        if (rc < 0) continue;
        size_t *at = &got[item % LINES_MAX];
        const list *of = &made[item % LINES_MAX];
        while (*at < of->n && of->at[*at] < 0) ++*at;
        CHECK(*at < of->n);
        CHECK_EQ(item / LINES_MAX, of->at[(*at)++]);
    }
    for (uint64_t i = 0; i < n; i++) {
        for (; got[i] < made[i].n; got[i]++) CHECK(made[i].at[got[i]] < 0);
        for (size_t j = 0; j < made[i].n; j++) failures_n -= made[i].at[j] < 0;
    }
    CHECK_EQ(failures_n, 0);
    CHECK_EQ(edo_seq_shutdown(s), 0);
}

static int reads_pipelines(void *arg) {
    static plan p;
    const uint32_t rounds = test_rounds(300, 100000);
    const uint64_t seed = *(const uint64_t *)arg;
    for (uint32_t i = 0; i < rounds; i++) {
        p.random = seed + i;
        p.parts_n = 0;
        if (below(&p.random, 2)) {
            read_by_key(&p);
        } else {
            read_merged(&p);
        }
    }
    return 0;
}

static void random_pipelines_give_what_the_reference_does(void **state) {
    (void)state;
    uint64_t seed = test_seed(54);
    print_message("seed %" PRIu64 "\n", seed);
    assert_int_equal(inside_with(reads_pipelines, &seed, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_pipelines_give_what_the_reference_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
