/* SPDX-License-Identifier: MIT */
/* Goal: channels that have a name are seen in metrics and dumps, with how many values they have and
 * may have, until their last end is given back.
 * Method: each kind, filled by hand. */
#include "fail_alloc.h"

#include <edo/broadcast.h>
#include <edo/chan.h>
#include <edo/dump.h>
#include <edo/metrics.h>
#include <edo/mpsc.h>

#include "inside.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static edo_metrics *m;
static char text[65536];

static int setup(void **state) {
    (void)state;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    return edo_metrics_add_process(m);
}

static int teardown(void **state) {
    (void)state;
    edo_metrics_free(m);
    return 0;
}

/* The value of a line that begins so; -1: there is none. */
static int told(const char *metric, const char *channel) {
    char line[200];
    edo_buf out = { 0 };
    (void)snprintf(line, sizeof line, "\nedo_channel_%s{channel=\"%s\"} ", metric, channel);
    EDO_TEST_OK(edo_metrics_print(m, &out, EDO_METRICS_PROMETHEUS));
    EDO_TEST_OK(edo_buf_append(&out, "", 1));
    const char *at = strstr(out.ptr, line);
    int value = at ? (int)strtol(at + strlen(line), NULL, 10) : -1;
    edo_buf_deinit(&out);
    return value;
}

static bool dump_has(const char *line) {
    text[0] = 0;
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    edo_dump_tasks(out);
    (void)fclose(out);
    return strstr(text, line) != NULL;
}

/* Has the channel so many values, of so many? `limit` -1: it has none. */
static void expect(const char *channel, int depth, int limit) {
    assert_int_equal(told("depth", channel), depth);
    assert_int_equal(told("limit", channel), limit);
}

static void mpsc_is_seen_until_its_last_end(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int value = 0;
    expect("orders", -1, -1);
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof value, 3, &(edo_mpsc_opts){ .name = "orders" }),
                     0);
    expect("orders", 0, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(edo_mpsc_try_send(tx, &i), 0);
    expect("orders", 3, 3);
    assert_true(dump_has("\n  1 x mpsc orders, 3 values of at most 3\n"));
    assert_int_equal(edo_mpsc_try_recv(rx, &value), 0);
    edo_mpsc_tx_unref(tx);
    expect("orders", 2, 3);
    assert_int_equal(told("open", "orders"), 1);
    edo_mpsc_rx_free(rx);
    expect("orders", -1, -1);
    assert_false(dump_has("orders"));
}

static void channels_of_one_name_are_together(void **state) {
    (void)state;
    edo_mpsc_tx *tx[2];
    edo_mpsc_rx *rx[2];
    edo_chan_tx *to;
    edo_chan_rx *from;
    const edo_mpsc_opts o = { .name = "jobs" };
    const int value = 1;
    assert_int_equal(edo_mpsc_new(&tx[0], &rx[0], sizeof value, 10, &o), 0);
    assert_int_equal(edo_mpsc_new(&tx[1], &rx[1], sizeof value, EDO_MPSC_UNBOUNDED, &o), 0);
    assert_int_equal(edo_chan_new(&to, &from, sizeof value, 5, &(edo_chan_opts){ .name = "jobs" }),
                     0);
    assert_int_equal(edo_mpsc_try_send(tx[0], &value), 0);
    for (int i = 0; i < 20; i++) assert_int_equal(edo_mpsc_try_send(tx[1], &value), 0);
    assert_int_equal(edo_chan_try_send(to, &value), 0);
    expect("jobs", 22, 15);
    assert_int_equal(told("open", "jobs"), 3);
    assert_true(dump_has("\n  3 x chan jobs, 22 values\n"));
    edo_chan_tx_unref(to);
    edo_chan_rx_unref(from);
    edo_mpsc_rx_free(rx[0]);
    edo_mpsc_tx_unref(tx[0]);
    expect("jobs", 20, -1); // the one that has no limit
    assert_true(dump_has("\n  1 x mpsc jobs, 20 values\n"));
    edo_mpsc_rx_free(rx[1]);
    edo_mpsc_tx_unref(tx[1]);
    expect("jobs", -1, -1);
}

static void lossless_broadcast_tells_how_far_behind_its_slowest_receiver_is(void **state) {
    (void)state;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *quick, *slow;
    const edo_broadcast_opts o = { .lossless = true, .name = "prices" };
    uint64_t value = 0;
    assert_int_equal(edo_broadcast_new(&tx, &quick, sizeof value, 4, &o), 0);
    assert_int_equal(edo_broadcast_subscribe(&slow, tx), 0);
    for (int round = 0; round < 10; round++) {
        expect("prices", 0, 4);
        for (int i = 1; i <= 4; i++) {
            assert_int_equal(edo_broadcast_try_send(tx, &value), 0);
            assert_int_equal(edo_broadcast_try_recv(quick, &value, NULL), 0);
            expect("prices", i, 4);
        }
        for (int i = 0; i < 4; i++) assert_int_equal(edo_broadcast_try_recv(slow, &value, NULL), 0);
    }
    for (int i = 0; i < 3; i++) assert_int_equal(edo_broadcast_try_send(tx, &value), 0);
    edo_broadcast_fall_behind(slow);
    expect("prices", 3, 4); // of the other one
    edo_broadcast_rx_free(quick);
    expect("prices", 0, 4); // nobody holds anything up
    edo_broadcast_rx_free(slow);
    edo_broadcast_tx_unref(tx);
    expect("prices", -1, -1);
}

static void what_is_no_name_is_refused(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_chan_tx *to;
    edo_chan_rx *from;
    edo_broadcast_tx *all;
    char name[65];
    memset(name, 'x', sizeof name);
    name[64] = 0;
    const char *const bad[] = { "", name, "\xff" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        const edo_mpsc_opts o = { .name = bad[i] };
        const edo_chan_opts p = { .name = bad[i] };
        assert_int_equal(edo_mpsc_new(&tx, &rx, 1, 1, &o), -EINVAL);
        assert_int_equal(edo_chan_new(&to, &from, 1, 1, &p), -EINVAL);
    }
    const edo_broadcast_opts loses = { .name = "x" };
    const edo_broadcast_opts is_long = { .name = name, .lossless = true };
    assert_int_equal(edo_broadcast_new(&all, NULL, 1, 1, &loses), -EINVAL);
    assert_int_equal(edo_broadcast_new(&all, NULL, 1, 1, &is_long), -EINVAL);
    name[63] = 0;
    const edo_mpsc_opts o = { .name = name };
    assert_int_equal(edo_mpsc_new(&tx, &rx, 1, 1, &o), 0);
    expect(name, 0, 1);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
}

static int make_each(void) {
    edo_mpsc_tx *tx = NULL;
    edo_mpsc_rx *rx = NULL;
    edo_broadcast_tx *all = NULL;
    edo_broadcast_rx *one = NULL;
    const edo_mpsc_opts o = { .name = "a" };
    const edo_broadcast_opts p = { .name = "b", .lossless = true };
    int err = edo_mpsc_new(&tx, &rx, 1, 1, &o);
    if (err == 0) err = edo_broadcast_new(&all, &one, 1, 2, &p);
    fail_alloc_in = 0;
    expect("a", tx ? 0 : -1, tx ? 1 : -1);
    expect("b", err == 0 ? 0 : -1, err == 0 ? 2 : -1);
    if (tx) {
        edo_mpsc_tx_unref(tx);
        edo_mpsc_rx_free(rx);
    }
    if (err == 0) {
        edo_broadcast_tx_unref(all);
        edo_broadcast_rx_free(one);
    }
    return err;
}

static void without_memory_there_is_no_channel_and_no_name(void **state) {
    (void)state;
    int err = -ENOMEM;
    for (int in = 1; err == -ENOMEM; in++) {
        fail_alloc_in = in;
        err = make_each();
    }
    assert_int_equal(err, 0);
    expect("a", -1, -1);
}

/* ---- Others look meanwhile ------------------------------------------------------------------- */

static atomic_bool is_over;

static void *comes_and_goes(void *arg) {
    const edo_mpsc_opts o = { .name = arg };
    int value = 0;
    for (int i = 0; i < 2000; i++) {
        edo_mpsc_tx *tx;
        edo_mpsc_rx *rx;
        EDO_TEST_OK(edo_mpsc_new(&tx, &rx, sizeof value, 4, &o));
        for (int k = 0; k < 3; k++) EDO_TEST_OK(edo_mpsc_try_send(tx, &k));
        EDO_TEST_OK(edo_mpsc_try_recv(rx, &value));
        edo_mpsc_tx_unref(tx);
        edo_mpsc_rx_free(rx);
    }
    atomic_store(&is_over, true);
    return NULL;
}

static void channels_may_go_while_others_look(void **state) {
    (void)state;
    pthread_t thread;
    static char name[] = "passing";
    assert_int_equal(pthread_create(&thread, NULL, comes_and_goes, name), 0);
    while (!atomic_load(&is_over)) {
        int depth = told("depth", name);
        assert_true(depth >= -1 && depth <= 3);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    expect(name, -1, -1);
}

int main(void) {
    fail_alloc_install();
#define WITH_REGISTRY(promise) cmocka_unit_test_setup_teardown(promise, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(mpsc_is_seen_until_its_last_end),
        WITH_REGISTRY(channels_of_one_name_are_together),
        WITH_REGISTRY(lossless_broadcast_tells_how_far_behind_its_slowest_receiver_is),
        WITH_REGISTRY(what_is_no_name_is_refused),
        WITH_REGISTRY(without_memory_there_is_no_channel_and_no_name),
        WITH_REGISTRY(channels_may_go_while_others_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
