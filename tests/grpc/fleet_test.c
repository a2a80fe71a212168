/* SPDX-License-Identifier: MIT */
/* Goal: a fleet of servers is restarted one after the other, each by its drain, and its clients
 * hardly notice: no unary call fails, streams end with UNAVAILABLE alone and go on elsewhere, and
 * every message that a stream has sent before it ended has come back.
 * Method: three servers behind one channel, for each way to choose between them, and behind a
 * gateway that is no server of gRPC; over memory, with a clock that jumps. */
#include "../web/web_server.h"
#include "grpc_site.h"

#include <edo/http_upstreams.h>
#include <edo/web_proxy.h>

#define SERVERS 3
#define CALLERS 4
#define TALKERS 3

typedef struct fleet {
    served servers[SERVERS];
    int served_n[SERVERS]; /* calls since the server began */
    edo_grpc_channel *ch;
    bool is_done;                    /* callers and talkers end */
    int calls_n, failed_n;           /* unary */
    int streams_n, told_n, broken_n; /* told: that the server ends; broken: otherwise */
    int said_n, heard_n;             /* messages of streams */
} fleet;

/* ---- The servers ----------------------------------------------------------------------------- */

static int *served_by(edo_grpc_call *call) {
    return edo_grpc_arg(call);
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const int nth = ++*served_by(call);
    out->text = in->name;
    if (edo_str_equal(in->name, EDO_STR("nobody"))) {
        CHECK_EQ(edo_grpc_add_trailer(call, "x-asked", edo_grpc_metadata(call, "x-asks")), 0);
        return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "no %s here", "such person");
    }
    return edo_sleep(edo_ms(1 + nth % 7));
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person;
    int got;
    ++*served_by(call);
    while ((got = hello_v1_greeter_chat_recv(call, &person)) == 1) {
        got = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = person.name });
        if (got < 0) return got;
    }
    return got;
}

static const hello_v1_greeter_ops greeter = { .greet = greet, .chat = chat };

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static void server_begin(fleet *f, int i) {
    edo_router *r = edo_router_new();
    f->served_n[i] = 0;
    hello_v1_greeter_routes(r, &greeter, &f->served_n[i], NULL);
    CHECK_EQ(edo_router_build(r), 0);
    // it refuses until it is there: serve_begin() lets the channel run
    f->servers[i] = (served){ .arg = r, .serve_one = serve_one, .is_over = true };
    serve_begin(&f->servers[i]);
}

static void server_end(fleet *f, int i) {
    CHECK_EQ(serve_end(&f->servers[i]), 0);
    edo_router_free(f->servers[i].arg);
}

static int dials(void *arg, edo_stream **out, const char *address) {
    fleet *f = arg;
    return connect_if_served(&f->servers[address[strlen(address) - 1] - '1'], out);
}

/* ---- The gateway ----------------------------------------------------------------------------- */

static struct gateway {
    web_served front;
    edo_http_client *client;
    edo_service *servers;
} gate;

static int dials_gate(void *arg, edo_stream **out, const char *address) {
    (void)arg, (void)address;
    return connect_if_served(&gate.front.http, out);
}

static void gate_begin(fleet *f) {
    static const char *const addresses[SERVERS] = { "a:1", "b:2", "c:3" };
    edo_endpoint at[SERVERS];
    const edo_http_client_opts client = {
        .proxy = "", .prior_knowledge = true, .connect = dials, .arg = f
    };
    for (int i = 0; i < SERVERS; i++) CHECK_EQ(edo_endpoint_init(&at[i], addresses[i], NULL, 1), 0);
    CHECK_EQ(edo_http_client_new(&gate.client, &client), 0);
    const edo_http_upstreams_opts opts = {
        .client = gate.client, .balance = { .pause_min = edo_ms(20), .pause_max = edo_ms(20) }
    };
    CHECK_EQ(edo_http_upstreams_new(&gate.servers, edo_discover_list(at, SERVERS), &opts), 0);
    edo_router *r = edo_router_new();
    edo_proxy_routes(r, "/", gate.servers, NULL);
    gate.front = (web_served){ .opts = { .listen = NULL } };
    web_begin(&gate.front, r);
}

static void gate_end(void) {
    CHECK_EQ(web_end(&gate.front), 0);
    edo_service_unref(gate.servers);
    edo_http_client_unref(gate.client);
}

/* ---- The clients ----------------------------------------------------------------------------- */

static int calls(void *arg) {
    fleet *f = arg;
    while (!f->is_done) {
        hello_v1_reply reply;
        edo_arena arena = { 0 };
        int err = hello_v1_greeter_greet(f->ch, &reply, &(hello_v1_person){ .name = EDO_STR("x") },
                                         &arena, &(edo_grpc_call_opts){ .wait_for_ready = true });
        f->calls_n++;
        f->failed_n += err != 0;
        edo_arena_deinit(&arena);
    }
    return 0;
}

/* Returns 1, or how the stream has ended. */
static int says_and_hears(fleet *f, edo_grpc_call *call) {
    hello_v1_reply reply;
    int err = hello_v1_greeter_chat_client_send(call, &(hello_v1_person){ .name = EDO_STR("y") });
    if (err < 0) return hello_v1_greeter_chat_client_recv(call, &reply);
    f->said_n++;
    int got = hello_v1_greeter_chat_client_recv(call, &reply);
    if (got != 1) return got;
    f->heard_n++;
    return edo_sleep(edo_ms(3)) == 0;
}

static int talks(void *arg) {
    fleet *f = arg;
    while (!f->is_done) {
        edo_grpc_call *call;
        int got = 1;
        CHECK_EQ(
            hello_v1_greeter_chat(f->ch, &call, &(edo_grpc_call_opts){ .wait_for_ready = true }),
            0);
        f->streams_n++;
        while (got == 1 && !f->is_done) got = says_and_hears(f, call);
        const bool is_told = got != 1 && edo_grpc_get_status(call) == EDO_GRPC_UNAVAILABLE;
        f->told_n += is_told;
        f->broken_n += got != 1 && !is_told;
        edo_grpc_call_free(call);
    }
    return 0;
}

/* ---- The restart ----------------------------------------------------------------------------- */

static void restart_each(fleet *f) {
    for (int i = 0; i < SERVERS; i++) {
        server_end(f, i);
        CHECK_EQ(edo_sleep(edo_ms(50)), 0);
        server_begin(f, i);
        CHECK_EQ(edo_sleep(edo_ms(100)), 0); // the channel has tried it again
    }
}

static void restart(fleet *f, edo_balance_kind kind, bool has_gate, const char *name) {
    edo_task *tasks[CALLERS + TALKERS];
    const edo_grpc_channel_opts opts = { .balance = kind,
                                         .pause_min = edo_ms(20),
                                         .pause_max = edo_ms(20),
                                         .connect = has_gate ? dials_gate : dials,
                                         .arg = f };
    for (int i = 0; i < SERVERS; i++) server_begin(f, i);
    if (has_gate) gate_begin(f);
    const edo_str target = has_gate ? EDO_STR("static:gate:1") : EDO_STR("static:a:1,b:2,c:3");
    CHECK_EQ(edo_grpc_channel_new(&f->ch, target, &opts), 0);
    for (int i = 0; i < CALLERS + TALKERS; i++)
        CHECK(tasks[i] = edo_spawn(i < CALLERS ? calls : talks, f));
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    restart_each(f);
    f->is_done = true;
    for (int i = 0; i < CALLERS + TALKERS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    print_message("%s: %d calls, %d failed; %d streams, %d told that the server ends, %d broken; "
                  "%d messages, %d came back\n",
                  name, f->calls_n, f->failed_n, f->streams_n, f->told_n, f->broken_n, f->said_n,
                  f->heard_n);
    CHECK(f->calls_n > 100 && f->failed_n == 0);
    CHECK(f->told_n > 0 && f->broken_n == 0);
    CHECK_EQ(f->streams_n, TALKERS + f->told_n);
    CHECK(f->said_n - f->heard_n <= f->told_n); // one at most is on its way as a stream ends
    for (int i = 0; kind == EDO_BALANCE_ROUND_ROBIN && i < SERVERS; i++) CHECK(f->served_n[i] > 0);
    edo_grpc_channel_unref(f->ch);
    if (has_gate) gate_end();
    for (int i = 0; i < SERVERS; i++) server_end(f, i);
}

static int restarts(void *arg) {
    static fleet fleets[4]; // connections may end after their channel, and use them until then
    (void)arg;
    restart(&fleets[0], EDO_BALANCE_ROUND_ROBIN, false, "round robin");
    restart(&fleets[1], EDO_BALANCE_P2C, false, "two at random");
    restart(&fleets[2], EDO_BALANCE_PICK_FIRST, false, "the first");
    restart(&fleets[3], EDO_BALANCE_PICK_FIRST, true, "behind a gateway");
    return 0;
}

static void no_call_fails_while_each_server_is_restarted(void **state) {
    (void)state;
    assert_int_equal(inside(restarts, NULL), 0);
}

/* ---- What passes a gateway ------------------------------------------------------------------- */

static int asks_for_nobody(void *arg) {
    static fleet f;
    const edo_grpc_channel_opts channel = { .connect = dials_gate };
    const edo_grpc_entry asks[] = { { "x-asks", EDO_STR("7") } };
    hello_v1_reply reply;
    edo_arena arena = { 0 };
    edo_grpc_call *call;
    (void)arg;
    for (int i = 0; i < SERVERS; i++) server_begin(&f, i);
    gate_begin(&f);
    CHECK_EQ(edo_grpc_channel_new(&f.ch, EDO_STR("static:gate:1"), &channel), 0);
    const edo_grpc_call_opts opts = { .metadata = asks, .metadata_n = 1, .kept = &call };
    CHECK(hello_v1_greeter_greet(f.ch, &reply, &(hello_v1_person){ .name = EDO_STR("nobody") },
                                 &arena, &opts) < 0);
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_NOT_FOUND);
    CHECK(edo_str_equal(edo_grpc_get_message(call), EDO_STR("no such person here")));
    CHECK(edo_str_equal(edo_grpc_trailer(call, "x-asked", 0), EDO_STR("7")));
    edo_grpc_call_free(call);
    edo_arena_deinit(&arena);
    edo_grpc_channel_unref(f.ch);
    gate_end();
    for (int i = 0; i < SERVERS; i++) server_end(&f, i);
    return 0;
}

static void metadata_statuses_and_trailers_pass_a_gateway(void **state) {
    (void)state;
    assert_int_equal(inside(asks_for_nobody, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_fails_while_each_server_is_restarted),
        cmocka_unit_test(metadata_statuses_and_trailers_pass_a_gateway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
