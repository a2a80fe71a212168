/* SPDX-License-Identifier: MIT */
/* Goal: a channel and its connections live as long as they should: PINGs find a server that is
 * lost, and are as many as the server allows.
 * Method: generated calls against edo's own server, over memory with a clock that jumps. */
#include "grpc_site.h"

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    (void)call;
    out->text = in->name;
    return 0;
}

/* Says nothing. */
static int chat(edo_grpc_call *call) {
    (void)call;
    return edo_sleep(edo_hours(24));
}

static const hello_v1_greeter_ops greeter = { .greet = greet, .chat = chat };

/* ---- PINGs ----------------------------------------------------------------------------------- */

/* Makes a call that is silent, and returns after how many seconds it has failed. */
static int64_t lasts_s(grpc_site *t) {
    edo_grpc_call *call;
    hello_v1_reply reply;
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    edo_instant begun = edo_now();
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), -EAGAIN);
    edo_grpc_call_free(call);
    return edo_instant_since(edo_now(), begun).ns / 1000000000;
}

static int pings_too_often(void *arg) {
    grpc_site *t = arg;
    const edo_http2_opts server = { .ping_min = edo_minutes(5) };
    const edo_http2_opts client = { .ping_interval = edo_s(10) };
    t->opts.http2 = &client;
    t->server.http2 = &server;
    grpc_site_begin(t, &greeter, NULL);
    CHECK_EQ(lasts_s(t), 40); // the first one is free, and two are forgiven
    CHECK_EQ(lasts_s(t), 80);
    CHECK_EQ(lasts_s(t), 160);
    asked last = { .name = "x" };
    CHECK_EQ(greet_of(t, &last), 0);
    CHECK_EQ(t->connects, 4);
    asked_deinit(&last);
    return grpc_site_end(t);
}

static void client_that_pings_too_often_halves_its_pings(void **state) {
    (void)state;
    in_memory(pings_too_often);
}

/* ---- Idle ------------------------------------------------------------------------------------ */

static void greets(grpc_site *t) {
    asked a = { .name = "x" };
    CHECK_EQ(greet_of(t, &a), 0);
    asked_deinit(&a);
}

static int idles(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    t->server.idle_timeout = edo_hours(10);
    grpc_site_begin(t, &greeter, NULL);
    greets(t);
    CHECK_EQ(edo_sleep(edo_minutes(20)), 0);
    greets(t);
    edo_instant last = edo_now();
    CHECK_EQ(edo_grpc_channel_wait_state(t->ch, EDO_GRPC_READY), EDO_GRPC_IDLE);
    CHECK_EQ(edo_instant_since(edo_now(), last).ns, edo_minutes(30).ns);
    CHECK_EQ(t->connects, 1);
    CHECK_EQ(edo_sleep(edo_hours(2)), 0);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_IDLE); // nothing connects again
    CHECK_EQ(t->connects, 1);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    CHECK_EQ(edo_sleep(edo_hours(2)), 0);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_READY); // a call is under way
    edo_grpc_call_free(call);
    last = edo_now();
    CHECK_EQ(edo_grpc_channel_wait_state(t->ch, EDO_GRPC_READY), EDO_GRPC_IDLE);
    CHECK_EQ(edo_instant_since(edo_now(), last).ns, edo_minutes(30).ns);
    CHECK_EQ(edo_grpc_channel_connect(t->ch), 0); // and so without a call
    CHECK_EQ(edo_sleep(edo_minutes(31)), 0);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_IDLE);
    CHECK_EQ(t->connects, 3);
    greets(t);
    return grpc_site_end(t);
}

static void channel_without_calls_becomes_idle(void **state) {
    (void)state;
    in_memory(idles);
}

static int idles_not(void *arg) {
    grpc_site *t = arg;
    t->server.idle_timeout = edo_hours(10);
    t->opts.idle_timeout = edo_ns(-1);
    grpc_site_begin(t, &greeter, NULL);
    greets(t);
    CHECK_EQ(edo_sleep(edo_hours(9)), 0);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_READY);
    return grpc_site_end(t);
}

static void channel_stays_ready_by_option(void **state) {
    (void)state;
    in_memory(idles_not);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_pings_too_often_halves_its_pings),
        cmocka_unit_test(channel_without_calls_becomes_idle),
        cmocka_unit_test(channel_stays_ready_by_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
