/* SPDX-License-Identifier: MIT */
/* tests/growth/things.c: n of things that are not waited for: messages, receivers, children of a
 * token, objects of a slab, keys of a map, timers that are set again, branches, items of sequences,
 * jobs, series of metrics. */
#include "growth.h"

#include <edo/compute.h>
#include <edo/map.h>
#include <edo/metrics.h>
#include <edo/seq_chunks.h>
#include <edo/slab.h>

#include <errno.h>
#include <stdlib.h>

static const uint64_t value = 7;

/* ---- Channels -------------------------------------------------------------------------------- */

static void mpsc_buffered(const void *arg, uint32_t n) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    uint64_t got;
    growth_begin();
    GROWTH_CHECK(edo_mpsc_new(&tx, &rx, sizeof value, EDO_MPSC_UNBOUNDED, NULL) == 0);
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_mpsc_try_send(tx, &value) == 0);
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_mpsc_try_recv(rx, &got) == 0);
    growth_end("received");
    growth_begin();
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_mpsc_try_send(tx, &value) == 0);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    growth_end("left in the channel");
}

static void broadcast_receivers(const void *arg, uint32_t n) {
    (void)arg;
    edo_broadcast_tx *tx;
    edo_broadcast_rx **rx = growth_alloc(n, sizeof(edo_broadcast_rx *));
    GROWTH_CHECK(edo_broadcast_new(&tx, NULL, sizeof value, 1024, NULL) == 0);
    for (growth_order order = IN_ORDER; order < ORDERS; order++) {
        growth_begin();
        for (uint32_t i = 0; i < n; i++) {
            GROWTH_CHECK(edo_broadcast_subscribe(&rx[i], tx) == 0);
            GROWTH_CHECK(edo_broadcast_send(tx, &value) == 0);
        }
        for (uint32_t i = 0; i < n; i++) edo_broadcast_rx_free(rx[growth_at(order, i, n)]);
        growth_end(growth_order_names[order]);
    }
    edo_broadcast_tx_unref(tx);
    free(rx);
}

/* n receivers that fall behind, lose a value each, and keep up again. */
static void broadcast_behind(const void *arg, uint32_t n) {
    (void)arg;
    static const edo_broadcast_opts opts = { .lossless = true };
    edo_broadcast_tx *tx;
    edo_broadcast_rx **rx = growth_alloc(n, sizeof(edo_broadcast_rx *));
    uint64_t got;
    GROWTH_CHECK(edo_broadcast_new(&tx, NULL, sizeof value, 1, &opts) == 0);
    for (growth_order order = IN_ORDER; order < ORDERS; order++) {
        growth_begin();
        for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_broadcast_subscribe(&rx[i], tx) == 0);
        GROWTH_CHECK(edo_broadcast_try_send(tx, &value) == 0);
        for (uint32_t i = 0; i < n; i++) edo_broadcast_fall_behind(rx[growth_at(order, i, n)]);
        GROWTH_CHECK(edo_broadcast_try_send(tx, &value) == 0);
        for (uint32_t i = 0; i < n; i++)
            GROWTH_CHECK(edo_broadcast_try_recv(rx[growth_at(order, i, n)], &got, NULL) ==
                         -EDO_ELAGGED);
        GROWTH_CHECK(edo_broadcast_try_send(tx, &value) == -EAGAIN);
        for (uint32_t i = 0; i < n; i++) edo_broadcast_rx_free(rx[growth_at(order, i, n)]);
        growth_end(growth_order_names[order]);
    }
    edo_broadcast_tx_unref(tx);
    free(rx);
}

static void watch_receivers(const void *arg, uint32_t n) {
    (void)arg;
    edo_watch_tx *tx;
    edo_watch_rx **rx = growth_alloc(n, sizeof(edo_watch_rx *));
    GROWTH_CHECK(edo_watch_new(&tx, NULL, sizeof value, &value, NULL) == 0);
    for (growth_order order = IN_ORDER; order < ORDERS; order++) {
        growth_begin();
        for (uint32_t i = 0; i < n; i++) {
            GROWTH_CHECK(edo_watch_subscribe(&rx[i], tx) == 0);
            GROWTH_CHECK(edo_watch_send(tx, &value) == 0);
        }
        for (uint32_t i = 0; i < n; i++) edo_watch_rx_free(rx[growth_at(order, i, n)]);
        growth_end(growth_order_names[order]);
    }
    edo_watch_tx_unref(tx);
    free(rx);
}

/* ---- Tokens ---------------------------------------------------------------------------------- */

/* Children of one token, or each the child of the one before. */
static void tokens(uint32_t n, bool is_chain, bool fires, growth_order order, const char *part) {
    edo_cancel_token **all = growth_alloc(n, sizeof(edo_cancel_token *));
    growth_begin();
    GROWTH_CHECK(edo_cancel_new(&all[0]) == 0);
    for (uint32_t i = 1; i < n; i++)
        GROWTH_CHECK(edo_cancel_child(&all[i], all[is_chain ? i - 1 : 0]) == 0);
    if (fires) edo_cancel(all[0], 0);
    GROWTH_CHECK(edo_cancel_is_set(all[n - 1]) == fires);
    for (uint32_t i = 0; i < n; i++) edo_cancel_unref(all[growth_at(order, i, n)]);
    growth_end(part);
    free(all);
}

static void cancel_tokens(const void *arg, uint32_t n) {
    (void)arg;
    tokens(n, false, true, IN_ORDER, "children, cancelled");
    tokens(n, false, false, IN_ORDER, "children, in order");
    tokens(n, false, false, REVERSED, "children, reversed");
    tokens(n, false, false, AT_RANDOM, "children, at random");
    tokens(n, true, true, IN_ORDER, "chain, cancelled");
    tokens(n, true, false, REVERSED, "chain, reversed");
    tokens(n, true, false, AT_RANDOM, "chain, at random");
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static void slab_objects(const void *arg, uint32_t n) {
    (void)arg;
    void **all = growth_alloc(n, sizeof(void *));
    for (growth_order order = IN_ORDER; order < ORDERS; order++) {
        edo_slab *s;
        growth_begin();
        GROWTH_CHECK(edo_slab_new(&s, 96, NULL) == 0);
        for (uint32_t i = 0; i < n; i++) {
            all[i] = edo_slab_get(s);
            GROWTH_CHECK(all[i]);
        }
        for (uint32_t i = 0; i < n; i++) edo_slab_put(s, all[growth_at(order, i, n)]);
        (void)edo_slab_trim(s);
        edo_slab_free(s);
        growth_end(growth_order_names[order]);
    }
    free(all);
}

static void slabs(const void *arg, uint32_t n) {
    (void)arg;
    edo_slab **all = growth_alloc(n, sizeof(edo_slab *));
    growth_begin();
    for (uint32_t i = 0; i < n; i++) {
        GROWTH_CHECK(edo_slab_new(&all[i], 64, NULL) == 0);
        edo_slab_put(all[i], edo_slab_get(all[i]));
    }
    for (uint32_t i = 0; i < n; i++) edo_slab_free(all[growth_at(AT_RANDOM, i, n)]);
    growth_end("all");
    free(all);
}

/* Keys that are added, found and removed, half of them during a walk; then others for them. */
static void map_keys(const void *arg, uint32_t n) {
    (void)arg;
    uint32_t *keys = growth_alloc(2 * (size_t)n, sizeof *keys);
    for (uint32_t i = 0; i < 2 * n; i++) keys[i] = i;
    for (growth_order order = IN_ORDER; order < ORDERS; order++) {
        edo_map m = { .value_size = sizeof(uint32_t) };
        growth_begin();
        for (uint32_t i = 0; i < n; i++)
            GROWTH_CHECK(edo_map_put(&m, (edo_str){ (char *)&keys[i], sizeof *keys }, &i) == 1);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t *key = &keys[growth_at(order, i, n)];
            GROWTH_CHECK(edo_map_has(&m, (edo_str){ (char *)key, sizeof *key }));
        }
        for (edo_map_at at = { 0 }; edo_map_next(&m, &at);)
            if (*(uint32_t *)at.value % 2) edo_map_remove_at(&m, &at);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t *key = &keys[growth_at(order, i, n)];
            (void)edo_map_remove(&m, (edo_str){ (char *)key, sizeof *key }, NULL);
            GROWTH_CHECK(edo_map_put(&m, (edo_str){ (char *)(key + n), sizeof *key }, NULL) == 1);
        }
        edo_map_deinit(&m);
        growth_end(growth_order_names[order]);
    }
    free(keys);
}

/* ---- Time ------------------------------------------------------------------------------------ */

static int timers_body(void *arg) {
    uint32_t n = *(uint32_t *)arg;
    edo_sleep_future *all = growth_alloc(n, sizeof *all);
    growth_begin();
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_poll_once(edo_sleep_init(&all[i], edo_ms(1 + i % 5000))) == EDO_PENDING);
    for (uint32_t i = 0; i < n; i++) {
        edo_sleep_reset(&all[i], edo_instant_add(edo_now(), edo_ms(1 + (n - i) % 70000)));
        GROWTH_CHECK(edo_poll_once(&all[i].base) == EDO_PENDING);
    }
    for (uint32_t i = 0; i < n; i++) edo_drop(&all[growth_at(AT_RANDOM, i, n)].base);
    growth_end("set again");
    growth_begin(); // one after the other: each is alone in the wheel's next slot, or nearly so
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_poll_once(edo_sleep_init(&all[i], edo_ms(1 + 3 * (int64_t)i))) ==
                     EDO_PENDING);
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_sleep(edo_ms(3)) == 0);
    for (uint32_t i = 0; i < n; i++) edo_drop(&all[i].base);
    growth_end("fired one by one");
    free(all);
    return 0;
}

static void timers(const void *arg, uint32_t n) {
    (void)arg;
    growth_inside(timers_body, &n);
}

/* Opens `n` deadlines one in the other, waits `waits_n` times, and ends them. */
static void nest(edo_deadline *all, uint32_t n, uint32_t waits_n) {
    for (uint32_t i = 0; i < n; i++) edo_deadline_begin(&all[i], edo_s(100000 - (int64_t)i / 2));
    for (uint32_t i = 0; i < waits_n; i++) GROWTH_CHECK(edo_sleep(edo_us(1)) == 0);
    for (uint32_t i = n; i-- > 0;) GROWTH_CHECK(edo_deadline_end(&all[i], 0) == 0);
}

static int deadlines_body(void *arg) {
    uint32_t n = *(uint32_t *)arg;
    edo_deadline *all = growth_alloc(n, sizeof *all);
    growth_begin();
    nest(all, n, n);
    growth_end("nested");
    free(all);
    return 0;
}

static void deadlines(const void *arg, uint32_t n) {
    (void)arg;
    growth_inside(deadlines_body, &n);
}

/* ---- Select and join ------------------------------------------------------------------------- */

/* n branches in groups of as many as there may be. */
static void branches(uint32_t n, bool joins, const char *part) {
    edo_notify_wait_future waits[EDO_FUTURES_MAX];
    edo_future *all[EDO_FUTURES_MAX];
    edo_notify notify = EDO_NOTIFY_INIT;
    growth_begin();
    for (uint32_t at = 0; at < n; at += EDO_FUTURES_MAX) {
        for (uint32_t i = 0; i < EDO_FUTURES_MAX; i++)
            all[i] = edo_notify_wait_init(&waits[i], &notify);
        edo_select_future select;
        edo_join_future join;
        edo_future *f = joins ? edo_join_init(&join, all, EDO_FUTURES_MAX, 0)
                              : edo_select_init(&select, all, EDO_FUTURES_MAX, 0);
        GROWTH_CHECK(edo_poll_once(f) == EDO_PENDING);
        edo_notify_all(&notify);
        GROWTH_CHECK(edo_poll_once(f) == EDO_READY);
        edo_drop(f);
    }
    growth_end(part);
}

static void select_and_join(const void *arg, uint32_t n) {
    (void)arg;
    branches(n, false, "select");
    branches(n, true, "join");
}

/* One wakes each time, of many that wait. */
static void future_set(const void *arg, uint32_t n) {
    (void)arg;
    edo_notify_wait_future *waits = growth_alloc(n, sizeof *waits);
    edo_notify *each = growth_alloc(n, sizeof *each);
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_future_set_done_next_future next;
    edo_future *done;
    growth_begin();
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_future_set_push(&set, edo_notify_wait_init(&waits[i], &each[i])) == 0);
    for (uint32_t i = 0; i < n; i++) {
        edo_notify_one(&each[growth_at(AT_RANDOM, i, n)]);
        edo_future *f = edo_future_set_done_next_init(&next, &set, &done);
        while (edo_poll_once(f) == EDO_PENDING) continue; // 128 of those that were never polled
    }
    growth_end("woken one by one");
    growth_begin();
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_future_set_push(&set, edo_notify_wait_init(&waits[i], &each[i])) == 0);
    edo_future_set_deinit(&set);
    growth_end("dropped");
    growth_begin();
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_future_set_push(&set, edo_notify_wait_init(&waits[i], &each[i])) == 0);
    for (uint32_t i = 0; i < n; i++) {
        edo_future *f = &waits[growth_at(AT_RANDOM, i, n)].base;
        GROWTH_CHECK(edo_future_set_remove(&set, f) == 0);
    }
    growth_end("removed at random");
    free(each);
    free(waits);
}

/* ---- Sequences ------------------------------------------------------------------------------- */

static int passes(void *arg, const void *item) {
    (void)arg;
    return *(const uint32_t *)item != 0;
}

static int copies(void *arg, const void *in, void *out) {
    (void)arg;
    *(uint32_t *)out = *(const uint32_t *)in;
    return 0;
}

static int first_of(void *arg, const void *in, void *out) {
    (void)arg;
    *(uint32_t *)out = *(const uint32_t *)((const edo_chunk *)in)->items;
    return 0;
}

static int naps(void *arg, const void *in, void *out) {
    (void)arg, (void)in, (void)out;
    return edo_sleep(edo_s(1));
}

static int made_of(void *arg, const void *in, void *out) {
    const int is = passes(arg, in);
    return is == 1 ? copies(arg, in, out) + 1 : is;
}

static int is_none(void *arg, const void *item) {
    (void)arg;
    return *(const uint32_t *)item == 0;
}

static void looks(void *arg, int result, const void *item) {
    (void)arg, (void)result, (void)item;
}

static void read_all(edo_seq *s, uint32_t n, const char *part) {
    uint32_t item, items_n = 0;
    edo_seq_next_future next;
    growth_begin();
    for (;;) {
        GROWTH_CHECK(edo_await(edo_seq_next_init(&next, s, &item)) >= 0);
        if (edo_result(&next) == 0) break;
        items_n++;
    }
    edo_seq_free(s);
    growth_end(part);
    GROWTH_CHECK(items_n == n - 1);
}

/* n sequences in one: read in turn until they end, then waiting while one has items, then taken out
 * by their keys. */
static void merged(uint32_t *items, uint32_t n) {
    edo_seq **all = growth_alloc(n, sizeof(edo_seq *));
    for (uint32_t i = 0; i < n; i++) all[i] = edo_seq_array(items + i, i > 0, sizeof *items);
    read_all(edo_seq_merge_array(all, n), n, "merged");
    free(all);
}

/* n sequences, one after the other. */
static void flat(uint32_t *items, uint32_t n) {
    edo_seq **all = growth_alloc(n, sizeof(edo_seq *));
    for (uint32_t i = 0; i < n; i++) all[i] = edo_seq_array(items + i, i > 0, sizeof *items);
    edo_seq *s = edo_seq_array(all, n, sizeof *all);
    read_all(edo_seq_flatten(s, sizeof *items), n, "flattened");
    free(all);
}

static void merged_by_key(uint32_t n) {
    edo_keyed_seq_item_next_future next;
    edo_keyed_came came;
    uint32_t item;
    edo_mpsc_tx **tx = growth_alloc(n, sizeof(edo_mpsc_tx *));
    growth_begin();
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof item);
    for (uint32_t i = 0; i < n; i++) {
        edo_mpsc_rx *rx;
        GROWTH_CHECK(edo_mpsc_new(&tx[i], &rx, sizeof item, 1, NULL) == 0);
        GROWTH_CHECK(edo_keyed_seq_insert(set, i, edo_seq_from_mpsc(rx)) == 0);
    }
    for (uint32_t i = 0; i < n; i++) {
        GROWTH_CHECK(edo_mpsc_try_send(tx[0], &i) == 0);
        if (i % 2) {
            edo_future *f = edo_keyed_seq_items_next_init(&next, set, &came, &item, 1);
            GROWTH_CHECK(edo_await(f) == 1 && item == i);
        } else {
            GROWTH_CHECK(edo_await(edo_keyed_seq_item_next_init(&next, set, &came, &item)) == 1);
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        edo_mpsc_tx_unref(tx[i]);
        if (i % 2) edo_seq_free(edo_keyed_seq_remove(set, i));
    }
    edo_keyed_seq_shutdown_future end;
    GROWTH_CHECK(edo_await(edo_keyed_seq_shutdown_init(&end, set)) == 0);
    growth_end("by keys");
    free(tx);
}

static int sequences_body(void *arg) {
    uint32_t n = *(uint32_t *)arg;
    uint32_t *items = growth_alloc(n, sizeof *items);
    edo_seq_next_future next;
    for (uint32_t i = 0; i < n; i++) items[i] = i;
    edo_seq *s = edo_seq_filter(edo_seq_array(items, n, sizeof *items), passes, NULL);
    read_all(edo_seq_map(s, copies, NULL, sizeof *items), n, "filtered and mapped");
    s = edo_seq_filter(edo_seq_array(items, n, sizeof *items), passes, NULL);
    read_all(edo_seq_peekable(s), n, "for a reader that looks ahead");
    s = edo_seq_filter(edo_seq_array(items, n, sizeof *items), passes, NULL);
    read_all(edo_seq_buffered(s, 16, copies, NULL, sizeof *items), n, "buffered");
    s = edo_seq_filter(edo_seq_array(items, n, sizeof *items), passes, NULL);
    read_all(edo_seq_buffered(s, n, copies, NULL, sizeof *items), n, "buffered, all at once");
    s = edo_seq_filter(edo_seq_array(items, n, sizeof *items), passes, NULL);
    read_all(edo_seq_map(edo_seq_chunks(s, 1), first_of, NULL, sizeof *items), n, "in chunks");
    edo_pending_future never;
    s = edo_seq_filter(edo_seq_array(items, n, sizeof *items), passes, NULL);
    read_all(edo_seq_take_until(s, edo_pending_init(&never)), n, "until a future is ready");
    s = edo_seq_array(items, n, sizeof *items);
    read_all(edo_seq_filter_map(s, made_of, NULL, sizeof *items), n, "filtered and mapped in one");
    s = edo_seq_skip_while(edo_seq_array(items, n, sizeof *items), is_none, NULL);
    s = edo_seq_throttle(edo_seq_inspect(s, looks, NULL), edo_ns(1));
    read_all(edo_seq_timeout(s, edo_hours(1)), n, "looked at, in time");
    flat(items, n);
    merged(items, n);
    merged_by_key(n);
    edo_seq_shutdown_future end;
    s = edo_seq_buffered(edo_seq_array(items, n, sizeof *items), n, naps, NULL, sizeof *items);
    growth_begin();
    GROWTH_CHECK(edo_timeout(edo_seq_next_init(&next, s, items), edo_ms(1)) == -ETIMEDOUT);
    GROWTH_CHECK(edo_await(edo_seq_shutdown_init(&end, s)) == 0);
    growth_end("shut down");
    free(items);
    return 0;
}

static void sequences(const void *arg, uint32_t n) {
    (void)arg;
    growth_inside(sequences_body, &n);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int compute_range(void *arg, size_t from, size_t to) {
    uint64_t *all = arg;
    for (size_t i = from; i < to; i++) all[i] += i;
    return 0;
}

static int jobs_body(void *arg) {
    uint32_t n = *(uint32_t *)arg;
    edo_blocking_future *all = growth_alloc(n, sizeof *all);
    uint64_t *sums = growth_alloc(n, sizeof *sums);
    growth_begin();
    for (uint32_t i = 0; i < n; i++)
        (void)edo_poll_once(edo_blocking_init(&all[i], nothing, NULL, NULL));
    for (uint32_t i = n; i-- > 0;) edo_drop(&all[i].base);
    growth_end("blocking");
    growth_begin();
    GROWTH_CHECK(edo_compute_for(n, compute_range, sums) == 0);
    growth_end("compute_for");
    free(sums);
    free(all);
    return 0;
}

static void jobs(const void *arg, uint32_t n) {
    (void)arg;
    growth_inside(jobs_body, &n);
}

/* ---- Metrics --------------------------------------------------------------------------------- */

typedef struct series_case {
    double log_max; /* 0: counters */
} series_case;

static void metric_series(const void *arg, uint32_t n) {
    const series_case *c = arg;
    const edo_metric_opts opts = { .labels = "number", .series_max = n };
    const edo_hist_opts log = { .log_min = 1, .log_max = c->log_max, .precision = 2 };
    edo_metrics *m;
    edo_metric *metric;
    edo_buf text = { 0 };
    growth_begin();
    GROWTH_CHECK(edo_metrics_new(&m, &(edo_metrics_opts){ .workers = 1 }) == 0);
    GROWTH_CHECK((c->log_max > 0 ? edo_metrics_hist(&metric, m, "x", &log, &opts)
                                 : edo_metrics_counter(&metric, m, "x", &opts)) == 0);
    for (uint32_t i = 0; i < n; i++) {
        edo_hist *h;
        edo_counter *counter;
        char digits[12];
        int len = snprintf(digits, sizeof digits, "%u", i);
        const edo_str number[] = { { digits, (size_t)len } };
        GROWTH_CHECK((c->log_max > 0 ? edo_hist_series(&h, metric, number)
                                     : edo_counter_series(&counter, metric, number)) == 0);
    }
    growth_end("made");
    growth_begin();
    GROWTH_CHECK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS) == 0);
    growth_end("printed");
    growth_begin();
    edo_buf_deinit(&text);
    edo_metrics_free(m);
    growth_end("freed");
}

static const series_case counters = { 0 }, histograms = { 1e4 };

const growth_case growth_things[] = {
    { .name = "mpsc_buffered", .run = mpsc_buffered },
    { .name = "broadcast_receivers", .run = broadcast_receivers },
    { .name = "broadcast_behind", .run = broadcast_behind },
    { .name = "watch_receivers", .run = watch_receivers },
    { .name = "cancel_tokens", .run = cancel_tokens },
    { .name = "slab_objects", .run = slab_objects },
    { .name = "slabs", .run = slabs },
    { .name = "map_keys", .run = map_keys },
    { .name = "timers", .run = timers },
    { .name = "deadlines", .run = deadlines },
    { .name = "select_and_join", .run = select_and_join },
    { .name = "future_set", .run = future_set },
    { .name = "sequences", .run = sequences },
    { .name = "jobs", .run = jobs },
    { .name = "metric_counters", .run = metric_series, .arg = &counters },
    { .name = "metric_histograms", .run = metric_series, .arg = &histograms, .n_max = 600 },
    { .name = NULL },
};
