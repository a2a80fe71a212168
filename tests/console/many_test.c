/* SPDX-License-Identifier: MIT */
/* Goal: clients that come and go all day leave nothing behind, and the last one is served as the
 * first one was.
 * Method: a crowd of clients, eight at a time (EDO_MANY_ROUNDS: a thousand in all), each of which
 * is gone at another moment. Then a client takes every place that there is. */
#include "client.h"
#include "leftovers.h"
#include "rounds.h"

#include <edo/edo.h>
#include <edo/recorder.h>

#include <cmocka.h>

#define SIDE_BY_SIDE 8u
#define PLACES       32u /* of those who watch */

typedef rs_tokio_console_instrument_instrument_request request;

static uint32_t clients_n; /* that each of the eight is, one after the other */

static edo_grpc_channel *connect_to_console(void) {
    edo_addr addr;
    char at[EDO_ADDR_TEXT_MAX];
    edo_grpc_channel *channel;
    CHECK_EQ(edo_console_addr(&addr), 0);
    const int n = edo_addr_print(&addr, at, sizeof at);
    CHECK_EQ(edo_grpc_channel_new(&channel, (edo_str){ at, (size_t)n }, NULL), 0);
    return channel;
}

/* Asks for updates, and takes some of them. */
static int watch_some(edo_grpc_channel *channel, uint32_t updates_n) {
    static const request all;
    edo_grpc_call *call;
    rs_tokio_console_instrument_update u;
    int got = 1;
    CHECK_EQ(rs_tokio_console_instrument_instrument_watch_updates(channel, &call, &all, NULL), 0);
    while (got == 1 && updates_n-- > 0)
        got = rs_tokio_console_instrument_instrument_watch_updates_recv(call, &u);
    edo_grpc_call_free(call);
    return got;
}

/* The page's and edo console's looks. */
static void watch_looks(edo_grpc_channel *channel) {
    edo_grpc_call *call;
    edo_str got;
    CHECK_EQ(edo_grpc_stream(channel, &call, "/edo.console.v1.Look/Watch", NULL), 0);
    (void)edo_grpc_send_bytes(call, EDO_STR("")); // it may have been refused already
    (void)edo_grpc_close_send(call);
    (void)edo_grpc_recv_bytes(call, &got); // the places of those before may not be free yet
    edo_grpc_call_free(call);
}

static int come_and_go(void *arg) {
    const uint32_t *first = arg;
    for (uint32_t i = *first; i < *first + clients_n; i++) {
        edo_grpc_channel *channel = connect_to_console();
        if (i % 4 == 3)
            watch_looks(channel);
        else
            (void)watch_some(channel, i % 4); // none: it is gone before it was replied to
        edo_grpc_channel_unref(channel);
        edo_trail_clear();
    }
    return 0;
}

/* Are all places to be had? Those of clients that have gone become free when the console's task
 * sees that. */
static bool all_are_free(edo_grpc_channel *channel) {
    static const request all;
    rs_tokio_console_instrument_update u;
    edo_grpc_call *calls[PLACES];
    size_t served_n = 0;
    for (size_t i = 0; i < PLACES; i++) {
        CHECK_EQ(
            rs_tokio_console_instrument_instrument_watch_updates(channel, &calls[i], &all, NULL),
            0);
        served_n += rs_tokio_console_instrument_instrument_watch_updates_recv(calls[i], &u) == 1;
    }
    for (size_t i = 0; i < PLACES; i++) edo_grpc_call_free(calls[i]);
    edo_trail_clear();
    return served_n == PLACES;
}

static int crowd(void *arg) {
    uint32_t firsts[SIDE_BY_SIDE];
    edo_task *clients[SIDE_BY_SIDE];
    (void)arg;
    for (uint32_t i = 0; i < SIDE_BY_SIDE; i++) {
        firsts[i] = i;
        clients[i] = edo_spawn(come_and_go, &firsts[i]);
    }
    for (uint32_t i = 0; i < SIDE_BY_SIDE; i++) CHECK_EQ(edo_task_join(clients[i]), 0);
    edo_grpc_channel *channel = connect_to_console();
    WAIT_FOR(all_are_free(channel));
    edo_grpc_channel_unref(channel);
    WAIT_FOR(edo_recorder_get() == EDO_RECORDER_OFF); // nobody looks any more
    return 0;
}

/* The runner of the test sees descriptors, threads and mappings that are left. */
static void clients_that_come_and_go_leave_nothing(void **state) {
    (void)state;
    const edo_console_opts opts = {
        .always = true, .ignore_env = true, .bind = "127.0.0.1:0", .publish = edo_ms(10)
    };
    clients_n = test_rounds(3, 1000 / SIDE_BY_SIDE);
    may_leave(LEFT_MAPPINGS, 1u << 16, "the recorder keeps its memory");
    assert_int_equal(edo_console_start(&opts), 0);
    assert_int_equal(inside_with(crowd, NULL, &(edo_runtime_opts){ .workers = 1 }), 0);
    edo_console_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(clients_that_come_and_go_leave_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
