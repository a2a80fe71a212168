/* SPDX-License-Identifier: MIT */
/* Goal: a cache returns what its rules say for any sequence of calls, loads, failures and changes,
 * its shards and lists stay whole, and without memory it fails as it says and keeps nothing wrong.
 * Method: 100,000 random steps under a paused clock against a plain table; each request for memory
 * fails in turn. */
#include "service/cache/store.h"

#include "base/memory/alloc.h"
#include "inside.h"
#include "seed.h"

#include <errno.h>

static int values_n; /* alive */

static void value_end(void *value) {
    (void)value;
    values_n--;
}

static int *value_new(int what) {
    int *made = edo_rc_new(sizeof *made, value_end);
    if (!made) return NULL;
    *made = what;
    values_n++;
    return made;
}

/* ---- Against a reference --------------------------------------------------------------------- */

enum { KEYS = 12, STEPS = 100000, TTL_MS = 50, WHILE_MS = 20, IF_ERROR_MS = 60, NEGATIVE_MS = 30 };
enum { PAUSE_MS = 7 };

typedef struct ref_entry {
    bool is_there;
    int what; /* the value, or a negative code */
    int64_t expires_ms, again_ms;
} ref_entry;

typedef struct reference {
    edo_cache *cache;
    ref_entry entries[KEYS];
    int err; /* of the next load; 0: it makes `made` */
    int made;
    int loads_n;
    int64_t now_ms;
    uint64_t hits_n, stale_n, negative_n, misses_n;
    uint64_t random;
} reference;

static uint32_t ref_random(reference *r, uint32_t n) {
    r->random = r->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(r->random >> 33) % n;
}

static int ref_load(void **value, edo_str key, void *arg) {
    reference *r = arg;
    (void)key;
    r->loads_n++;
    if (r->err < 0) return r->err;
    *value = value_new(r->made);
    return *value ? 0 : -ENOMEM;
}

/* What a load does to an entry; returns what it has come to. */
static int ref_loads(reference *r, ref_entry *e) {
    if (r->err == 0) {
        *e = (ref_entry){ true, r->made, r->now_ms + TTL_MS, 0 };
        return r->made;
    }
    if (r->err == -ENOENT) {
        *e = (ref_entry){ true, -ENOENT, r->now_ms + NEGATIVE_MS, 0 };
    } else if (e->is_there && e->again_ms < r->now_ms + PAUSE_MS) {
        e->again_ms = r->now_ms + PAUSE_MS;
    }
    return r->err;
}

/* What a call is to return; `*loads`: how often it loads. */
static int ref_expected(reference *r, ref_entry *e, int *loads) {
    int64_t age = r->now_ms - e->expires_ms;
    int what = e->what;
    bool is_value = e->is_there && what >= 0, is_due = r->now_ms >= e->again_ms;
    *loads = 0;
    if (e->is_there && age < 0) {
        *(is_value ? &r->hits_n : &r->negative_n) += 1;
        return what;
    }
    if (is_value && age < WHILE_MS) {
        r->stale_n++;
        *loads = is_due;
        if (is_due) e->again_ms = r->now_ms + PAUSE_MS;
        if (is_due) (void)ref_loads(r, e);
        return what;
    }
    if (is_value && age < IF_ERROR_MS && !is_due) {
        r->stale_n++;
        return what;
    }
    *loads = 1;
    r->misses_n++;
    bool saves = is_value && age < IF_ERROR_MS;
    if (!saves) e->is_there = false;
    int result = ref_loads(r, e);
    if (result >= 0 || !saves) return result;
    r->stale_n++;
    return what;
}

static void ref_call(reference *r, int key) {
    int loads = 0, loads_before = r->loads_n;
    void *value = NULL;
    r->made++;
    r->err = (int[]){ 0, 0, -EIO, -ENOENT }[ref_random(r, 4)];
    int expected = ref_expected(r, &r->entries[key], &loads);
    edo_str text = { (const char *)&key, sizeof key };
    int got = edo_cache_get_or_load(r->cache, &value, text, ref_load, r);
    CHECK_EQ(edo_yield(), 0); // a refresh runs
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(got, expected < 0 ? expected : 0);
    if (got == 0) CHECK_EQ(*(int *)value, expected);
    if (got == 0) edo_rc_unref(value);
    CHECK_EQ(r->loads_n - loads_before, loads);
}

static void ref_change(reference *r, int key, uint32_t how) {
    edo_str text = { (const char *)&key, sizeof key };
    ref_entry *e = &r->entries[key];
    if (how == 0) {
        edo_cache_clear(r->cache);
        for (int i = 0; i < KEYS; i++) r->entries[i].is_there = false;
    } else if (how < 6) {
        CHECK_EQ(edo_cache_remove(r->cache, text), e->is_there);
        e->is_there = false;
    } else {
        int *value = value_new(++r->made);
        CHECK_EQ(edo_cache_set(r->cache, text, value), 0);
        edo_rc_unref(value);
        *e = (ref_entry){ true, r->made, r->now_ms + TTL_MS, 0 };
    }
}

static void ref_step(reference *r) {
    int key = (int)ref_random(r, KEYS);
    uint32_t how = ref_random(r, 16);
    if (how == 0) ref_change(r, key, ref_random(r, 12));
    if (how > 0 && how < 4) {
        int ms = 1 + (int)ref_random(r, 8);
        CHECK_EQ(edo_time_advance(edo_ms(ms)), 0);
        r->now_ms += ms;
    }
    if (how >= 4) ref_call(r, key);
}

static int is_as_the_reference(void *arg) {
    static reference r;
    (void)arg;
    r = (reference){ .random = test_seed(7) };
    const edo_cache_opts opts = { .ttl = edo_ms(TTL_MS),
                                  .no_jitter = true,
                                  .stale_while = edo_ms(WHILE_MS),
                                  .stale_if_error = edo_ms(IF_ERROR_MS),
                                  .negative_ttl = edo_ms(NEGATIVE_MS),
                                  .error_pause = edo_ms(PAUSE_MS) };
    CHECK_EQ(edo_cache_new(&r.cache, &opts), 0);
    for (int i = 0; i < STEPS; i++) {
        ref_step(&r);
        if (i % 100 == 0) edoi_store_check(r.cache);
    }
    edo_cache_stats s = edo_cache_get_stats(r.cache);
    CHECK_EQ(s.hits_n, r.hits_n);
    CHECK_EQ(s.stale_n, r.stale_n);
    CHECK_EQ(s.negative_n, r.negative_n);
    CHECK_EQ(s.misses_n, r.misses_n);
    CHECK_EQ(s.loads_n, (uint64_t)r.loads_n);
    CHECK(r.hits_n > 1000 && r.stale_n > 1000 && r.negative_n > 1000 && r.misses_n > 1000);
    edo_cache_unref(r.cache);
    CHECK_EQ(values_n, 0);
    return 0;
}

static void cache_is_as_the_reference(void **state) {
    (void)state;
    assert_int_equal(inside(is_as_the_reference, NULL), 0);
}

/* ---- Full ------------------------------------------------------------------------------------ */

static size_t bytes_of(const void *value) {
    return (size_t) * (const int *)value;
}

/* Keys come, are asked for, change and go in a cache of few entries and few bytes. */
static void store_is_whole_at_each_step(void **state) {
    uint64_t random = test_seed(3);
    edo_cache *cache;
    (void)state;
    assert_int_equal(edo_cache_new(&cache, &(edo_cache_opts){ .entries_max = 50,
                                                              .bytes_max = 20000,
                                                              .bytes_of = bytes_of }),
                     0);
    for (int i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint32_t n = (uint32_t)(random >> 33), key = n % 150, how = n / 256 % 8;
        edo_str text = { (const char *)&key, sizeof key };
        void *found;
        if (how == 0) {
            (void)edo_cache_remove(cache, text);
        } else if (how < 4) {
            int *value = value_new((int)(n / 4096 % 3000));
            assert_int_equal(edo_cache_set(cache, text, value), 0);
            edo_rc_unref(value);
        } else if (edo_cache_get(cache, &found, text) == 0) {
            edo_rc_unref(found);
        }
        edoi_store_check(cache);
        assert_int_equal(edo_cache_get_stats(cache).entries, values_n);
    }
    edo_cache_unref(cache);
    assert_int_equal(values_n, 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

typedef struct scarce {
    edo_cache *cache;
    int loads_n;
} scarce;

static int scarce_load(void **value, edo_str key, void *arg) {
    (void)key;
    ((scarce *)arg)->loads_n++;
    *value = value_new(1);
    return *value ? 0 : -ENOMEM;
}

/* A load, a refresh and a set. */
static int scarce_calls(scarce *w) {
    void *value = NULL;
    int err = edo_cache_get_or_load(w->cache, &value, EDO_STR("k"), scarce_load, w);
    if (err < 0) return err;
    edo_rc_unref(value);
    CHECK_EQ(edo_time_advance(edo_s(60)), 0);
    err = edo_cache_get_or_load(w->cache, &value, EDO_STR("k"), scarce_load, w);
    if (err < 0) return err;
    CHECK_EQ(*(int *)value, 1);
    err = edo_cache_set(w->cache, EDO_STR("other"), value);
    edo_rc_unref(value);
    return err;
}

static int scarce_main(void *arg) {
    uint64_t k = 0;
    (void)arg;
    for (bool fired = true; fired;) {
        scarce w = { .loads_n = 0 };
        edoi_alloc_fail_at(++k);
        int err = edo_cache_new(&w.cache, &(edo_cache_opts){ .stale_while = edo_s(100) });
        bool is_made = err == 0;
        if (is_made) err = scarce_calls(&w);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(err == 0 || (fired && err == -ENOMEM));
        CHECK_EQ(edo_sleep(edo_ms(1)), 0); // a refresh ends
        if (!is_made) continue;
        edoi_store_check(w.cache);
        CHECK_EQ(edo_flight_get_stats(w.cache->flight).running, 0);
        CHECK_EQ(scarce_calls(&w), 0);
        edo_cache_unref(w.cache);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        CHECK_EQ(values_n, 0);
    }
    CHECK(k > 20);
    return 0;
}

static void no_memory_at_any_point_is_no_harm(void **state) {
    (void)state;
    assert_int_equal(inside(scarce_main, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache_is_as_the_reference),
        cmocka_unit_test(store_is_whole_at_each_step),
        cmocka_unit_test(no_memory_at_any_point_is_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
