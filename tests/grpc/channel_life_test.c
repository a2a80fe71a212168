/* SPDX-License-Identifier: MIT */
/* Goal: a channel and its connections live as long as they should: PINGs find a server that is
 * lost, and are as many as the server allows; servers end old connections, and endpoints come and
 * go.
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

/* ---- Age ------------------------------------------------------------------------------------- */

static int ages(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    const edo_http2_opts server = { .age_grace = edo_s(30) };
    t->server.http2 = &server;
    t->server.age_max = edo_minutes(10);
    grpc_site_begin(t, &greeter, NULL);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    const edo_instant begun = edo_now();
    for (int i = 0; i < 690; i++) { // a tenth more or less, and 30 s: none of them fails
        greets(t);
        CHECK_EQ(edo_sleep(edo_s(1)), 0);
    }
    CHECK_EQ(t->connects, 2);
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), -EAGAIN); // may be tried again
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_UNAVAILABLE);
    CHECK(edo_instant_since(edo_now(), begun).ns <= edo_s(691).ns);
    edo_grpc_call_free(call);
    greets(t);
    CHECK_EQ(t->connects, 2);
    return grpc_site_end(t);
}

static void old_connection_ends_its_calls_after_the_grace(void **state) {
    (void)state;
    in_memory(ages);
}

/* ---- Connections that end -------------------------------------------------------------------- */

/* A server that ends each connection in order after some calls costs no time. */
static int ends_in_order(void *arg) {
    grpc_site *t = arg;
    for (int i = 0; i < 2; i++) {
        t->server.requests_max = 10;
        t->opts.balance = i ? EDO_BALANCE_PICK_FIRST : EDO_BALANCE_P2C;
        grpc_site_begin(t, &greeter, NULL);
        const edo_instant begun = edo_now();
        for (int k = 0; k < 195; k++) greets(t);
        CHECK_EQ(t->connects, 20);
        CHECK(edo_instant_since(edo_now(), begun).ns < edo_ms(800).ns); // the least pause
        CHECK_EQ(grpc_site_end(t), 0);
        t->opts = (edo_grpc_channel_opts){ .connect = NULL };
    }
    return 0;
}

static void server_that_ends_connections_in_order_costs_no_pause(void **state) {
    (void)state;
    in_memory(ends_in_order);
}

static int hang_up(void *arg, edo_stream **out, const char *address) {
    grpc_site *t = arg;
    edo_stream *other;
    (void)address;
    t->connects++;
    int err = edo_duplex(out, &other, 1 << 16);
    if (err == 0) edo_close(other);
    return err;
}

/* A server that accepts and hangs up is no reason to hang: calls fail, unless they wait. */
static int hangs_up(void *arg) {
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, NULL);
    edo_grpc_channel_unref(t->ch);
    t->opts.connect = hang_up;
    t->opts.arg = t;
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("greeter:1"), &t->opts), 0);
    const edo_instant begun = edo_now();
    for (int k = 0; k < 1000; k++) {
        asked a = { .name = "x" };
        CHECK_EQ(greet_of(t, &a), -EAGAIN);
        asked_deinit(&a);
    }
    CHECK(edo_instant_since(edo_now(), begun).ns < edo_ms(800).ns);
    CHECK(t->connects <= 3);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_TRANSIENT_FAILURE);
    return grpc_site_end(t);
}

static void server_that_hangs_up_fails_calls_at_once(void **state) {
    (void)state;
    in_memory(hangs_up);
}

/* ---- Endpoints ------------------------------------------------------------------------------- */

/* Two endpoints, behind which the same server is. */
typedef struct two {
    grpc_site *t;
    bool is_down[2];
    edo_stream *conns[2];
    int connects[2];
} two;

static int two_connect(void *arg, edo_stream **out, const char *address) {
    two *w = arg;
    const int i = address[strlen(address) - 1] - '1'; // of its port
    if (w->is_down[i]) return -ECONNREFUSED;
    w->connects[i]++;
    *out = client_of(&w->t->s);
    edo_stream_unref(w->conns[i]);
    w->conns[i] = edo_stream_ref(*out);
    return 0;
}

static void two_end(two *w, int i) {
    w->is_down[i] = true;
    if (w->conns[i]) edo_close(edo_stream_ref(w->conns[i]));
}

static void two_begin(two *w, grpc_site *t, edo_balance_kind kind) {
    *w = (two){ .t = t };
    grpc_site_begin(t, &greeter, NULL);
    edo_grpc_channel_unref(t->ch);
    t->opts.connect = two_connect;
    t->opts.arg = w;
    t->opts.balance = kind;
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("static:a:1,b:2"), &t->opts), 0);
}

static int wait_for_one(void *arg) {
    grpc_site *t = arg;
    asked a = { .name = "x", .opts = { .wait_for_ready = true } };
    int err = greet_of(t, &a);
    asked_deinit(&a);
    return err;
}

/* No call fails while one endpoint is there. */
static void two_lose_one(two *w) {
    greets(w->t);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    for (int i = 0; i < 2; i++) {
        two_end(w, i);
        for (int k = 0; k < 20; k++) greets(w->t);
        CHECK_EQ(edo_grpc_channel_get_state(w->t->ch), EDO_GRPC_READY);
        w->is_down[i] = false;
        CHECK_EQ(edo_sleep(edo_minutes(5)), 0); // it is tried again
    }
    for (int k = 0; k < 20; k++) greets(w->t);
}

/* Without any, calls fail but for those that wait. */
static void two_lose_both(two *w) {
    grpc_site *t = w->t;
    asked a = { .name = "x" }, late = { .name = "x", .opts = { .timeout = edo_s(9) } };
    int state = EDO_GRPC_READY;
    two_end(w, 0);
    two_end(w, 1);
    CHECK_EQ(greet_of(t, &a), -EAGAIN); // PICK_FIRST looks no further without one
    while (state != EDO_GRPC_TRANSIENT_FAILURE)
        CHECK((state = edo_grpc_channel_wait_state(t->ch, (edo_grpc_channel_state)state)) >= 0);
    late.opts.wait_for_ready = true;
    CHECK_EQ(greet_of(t, &late), -ETIMEDOUT);
    asked_deinit(&a);
    asked_deinit(&late);
    edo_task *task = edo_spawn(wait_for_one, t);
    CHECK_EQ(edo_sleep(edo_s(20)), 0);
    CHECK(!edo_task_is_finished(task));
    w->is_down[1] = false;
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_READY);
    greets(t);
}

/* The config says how endpoints are picked: the first one that is known. */
static int is_configured(void *arg) {
    static const struct {
        const char *config;
        edo_balance_kind option;
        bool both; /* endpoints are connected */
    } rows[] = {
        { "{ \"loadBalancingConfig\": [ { \"pick_first\": {} } ] }", EDO_BALANCE_P2C, false },
        { "{ \"loadBalancingConfig\": [ { \"xds\": { \"a\": 1 } }, { \"round_robin\": {} }, "
          "{ \"pick_first\": {} } ] }",
          EDO_BALANCE_PICK_FIRST, true },
        { "{ \"loadBalancingConfig\": [] }", EDO_BALANCE_PICK_FIRST, false },
    };
    grpc_site *t = arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        two w;
        t->opts.service_config = edo_str_of(rows[i].config);
        two_begin(&w, t, rows[i].option);
        for (int k = 0; k < 5; k++) greets(t);
        CHECK_EQ(edo_sleep(edo_s(1)), 0);
        CHECK(w.connects[0] == 1 && w.connects[1] == (rows[i].both ? 1 : 0));
        edo_stream_unref(w.conns[0]);
        edo_stream_unref(w.conns[1]);
        CHECK_EQ(grpc_site_end(t), 0);
        t->opts = (edo_grpc_channel_opts){ .connect = NULL };
    }
    return 0;
}

static void config_says_how_endpoints_are_picked(void **state) {
    (void)state;
    in_memory(is_configured);
}

static int come_and_go(void *arg) {
    static const edo_balance_kind balances[] = { EDO_BALANCE_P2C, EDO_BALANCE_ROUND_ROBIN,
                                                 EDO_BALANCE_PICK_FIRST };
    grpc_site *t = arg;
    for (size_t i = 0; i < EDO_COUNT(balances); i++) {
        two w;
        two_begin(&w, t, balances[i]);
        two_lose_one(&w);
        if (balances[i] != EDO_BALANCE_PICK_FIRST) CHECK(w.connects[0] >= 2 && w.connects[1] >= 2);
        two_lose_both(&w);
        edo_stream_unref(w.conns[0]);
        edo_stream_unref(w.conns[1]);
        CHECK_EQ(grpc_site_end(t), 0);
        t->opts = (edo_grpc_channel_opts){ .connect = NULL };
    }
    return 0;
}

static void calls_go_on_while_endpoints_come_and_go(void **state) {
    (void)state;
    in_memory(come_and_go);
}

/* ---- Health ---------------------------------------------------------------------------------- */

#define HEALTH(service) "{ \"healthCheckConfig\": { \"serviceName\": \"" service "\" } }"

static int greets_after(grpc_site *t, edo_duration timeout, bool waits) {
    asked a = { .name = "x", .opts = { .timeout = timeout, .wait_for_ready = waits } };
    int err = greet_of(t, &a);
    asked_deinit(&a);
    return err;
}

/* A server that is not serving gets no calls: not before it was, and not while it is not any
 * more. */
static int watches(void *arg) {
    grpc_site *t = arg;
    CHECK_EQ(edo_health_new(&t->health, NULL), 0);
    t->opts.service_config = EDO_STR(HEALTH("hello.v1.Greeter"));
    grpc_site_begin(t, &greeter, NULL);
    CHECK_EQ(greets_after(t, edo_s(5), false), -ETIMEDOUT);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_CONNECTING);
    CHECK_EQ(greets_after(t, edo_s(50), false), -EAGAIN); // it has had the time of a connect
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_TRANSIENT_FAILURE);
    edo_health_set_ready(t->health, true);
    CHECK_EQ(greets_after(t, edo_s(50), true), 0);
    const int connects = t->connects;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_sleep(edo_s(2)), 0);
        edo_health_set_ready(t->health, false);
        CHECK_EQ(edo_grpc_channel_wait_state(t->ch, EDO_GRPC_READY), EDO_GRPC_TRANSIENT_FAILURE);
        CHECK_EQ(greets_after(t, edo_s(50), false), -EAGAIN);
        CHECK(trail_has(-EAGAIN, "UNAVAILABLE"));
        CHECK(!trail_has(-EAGAIN, "greeter:1: /hello")); // of the call before
        CHECK_EQ(edo_sleep(edo_minutes(20)), 0);
        edo_health_set_ready(t->health, true);
        CHECK_EQ(greets_after(t, edo_s(2), true), 0);
    }
    CHECK_EQ(t->connects, connects);
    CHECK_EQ(grpc_site_end(t), 0);
    edo_health_free(t->health);
    return 0;
}

static void server_that_is_not_serving_gets_no_calls(void **state) {
    (void)state;
    in_memory(watches);
}

/* A service that is not there is not serving; a server that does not tell is. PICK_FIRST does not
 * ask. */
static int watches_what_is_told(void *arg) {
    grpc_site *t = arg;
    t->opts.service_config = EDO_STR(HEALTH(""));
    grpc_site_begin(t, &greeter, NULL);
    greets(t);
    CHECK_EQ(edo_sleep(edo_s(20)), 0);
    greets(t);
    CHECK_EQ(t->connects, 1);
    CHECK_EQ(grpc_site_end(t), 0);
    CHECK_EQ(edo_health_new(&t->health, NULL), 0);
    edo_health_set_ready(t->health, true);
    grpc_site_begin(t, &greeter, NULL);
    greets(t);
    CHECK_EQ(grpc_site_end(t), 0);
    t->opts.service_config = EDO_STR(HEALTH("no.Service"));
    grpc_site_begin(t, &greeter, NULL);
    CHECK_EQ(greets_after(t, edo_s(5), false), -ETIMEDOUT);
    CHECK_EQ(grpc_site_end(t), 0);
    t->opts.balance = EDO_BALANCE_PICK_FIRST;
    grpc_site_begin(t, &greeter, NULL);
    greets(t);
    CHECK_EQ(grpc_site_end(t), 0);
    edo_health_free(t->health);
    return 0;
}

static void only_servers_that_tell_of_their_health_are_out(void **state) {
    (void)state;
    in_memory(watches_what_is_told);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_says_how_endpoints_are_picked),
        cmocka_unit_test(client_that_pings_too_often_halves_its_pings),
        cmocka_unit_test(channel_without_calls_becomes_idle),
        cmocka_unit_test(channel_stays_ready_by_option),
        cmocka_unit_test(old_connection_ends_its_calls_after_the_grace),
        cmocka_unit_test(server_that_ends_connections_in_order_costs_no_pause),
        cmocka_unit_test(server_that_hangs_up_fails_calls_at_once),
        cmocka_unit_test(calls_go_on_while_endpoints_come_and_go),
        cmocka_unit_test(server_that_is_not_serving_gets_no_calls),
        cmocka_unit_test(only_servers_that_tell_of_their_health_are_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
