/* SPDX-License-Identifier: MIT */
/* Goal: a client of gRPC watches the program, look after look, asks for stacks and for faults, and
 * is told what it may not ask, or not that often; a browser reads the same as JSON by the Connect
 * protocol.
 * Method: the console of this process, and clients in a runtime of their own, in which a task
 * waits that is to be seen. */
#include "console/own/messages.h"

#include "inside.h"

#include <edo/console.h>
#include <edo/edo.h>

#include <string.h>

static edo_notify bell = EDO_NOTIFY_INIT;

static int sleeps(void *arg) {
    (void)arg;
    return edo_notify_wait(&bell);
}

static bool is_text(edo_str s, const char *text) {
    return edo_str_equal(s, edo_str_of(text));
}

static void console_at(char *at, size_t bytes) {
    edo_addr addr;
    CHECK_EQ(edo_console_addr(&addr), 0);
    (void)edo_addr_print(&addr, at, bytes);
}

/* ---- gRPC ------------------------------------------------------------------------------------ */

/* Is a task called "sheep" in the look, waiting for its notify? 0: no; else its id. */
static uint64_t sheep_in(const edoi_look_update *u) {
    for (size_t i = 0; i < u->sites_n; i++)
        if (is_text(u->sites[i].name, "sheep") && u->sites[i].awaits_n == 1 &&
            is_text(u->sites[i].awaits[0].what, "edo_notify_wait"))
            return u->sites[i].awaits[0].task;
    return 0;
}

/* Looks until the sheep sleeps. */
static uint64_t watch_for_sheep(edo_grpc_channel *ch) {
    edo_grpc_call *call;
    const edoi_look_request in = { .every_ms = 1, .tasks_max = 5 };
    uint64_t id = 0, number = 0;
    CHECK_EQ(edo_console_v1_look__watch(ch, &call, &in, NULL), 0);
    for (const int64_t since_s = patience_now_s(); id == 0 || number < 2;) {
        edoi_look_update u;
        patience_check(since_s, "a sheep", __FILE__, __LINE__);
        CHECK_EQ(edo_console_v1_look__watch_recv(call, &u), 1);
        CHECK_EQ(u.number, ++number);
        CHECK_EQ(u.every_ms, 100); // it may not ask more often
        CHECK(u.runtimes_n >= 2 && u.tasks_n > 0 && u.tasks_n <= 5);
        id = sheep_in(&u);
    }
    edo_grpc_cancel(call);
    edo_grpc_call_free(call);
    edo_trail_clear();
    return id;
}

static void ask_for_stacks(edo_grpc_channel *ch, uint64_t id) {
    edo_arena arena = { 0 };
    edoi_look_stacks_reply out;
    edoi_look_stacks_request in = { .task = id };
    CHECK_EQ(edo_console_v1_look__stacks(ch, &out, &in, &arena, NULL), 0);
    CHECK_EQ(out.stacks_n, 1);
    CHECK(is_text(out.stacks[0].name, "sheep"));
    CHECK(out.stacks[0].frames_n > 0);
    in.task = 1;
    CHECK_EQ(edo_grpc_status_of(edo_console_v1_look__stacks(ch, &out, &in, &arena, NULL)),
             EDO_GRPC_NOT_FOUND);
    in.task = 0;
    CHECK_EQ(edo_grpc_status_of(edo_console_v1_look__stacks(ch, &out, &in, &arena, NULL)),
             EDO_GRPC_INVALID_ARGUMENT);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

static void ask_for_faults(edo_grpc_channel *ch) {
    edo_arena arena = { 0 };
    edoi_look_faults_reply out;
    edoi_look_faults_request in = { .between_ms = 60001 };
    CHECK_EQ(edo_grpc_status_of(edo_console_v1_look__faults(ch, &out, &in, &arena, NULL)),
             EDO_GRPC_INVALID_ARGUMENT);
    in.between_ms = 99;
    CHECK_EQ(edo_grpc_status_of(edo_console_v1_look__faults(ch, &out, &in, &arena, NULL)),
             EDO_GRPC_INVALID_ARGUMENT);
    in.between_ms = 100;
    CHECK_EQ(edo_console_v1_look__faults(ch, &out, &in, &arena, NULL), 0);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

/* ---- Bounds ---------------------------------------------------------------------------------- */

static edo_grpc_status status_of(edo_grpc_channel *ch, const edoi_look_request *in) {
    edo_grpc_call *call;
    edoi_look_update u;
    CHECK_EQ(edo_console_v1_look__watch(ch, &call, in, NULL), 0);
    CHECK(edo_console_v1_look__watch_recv(call, &u) < 0);
    const edo_grpc_status status = edo_grpc_get_status(call);
    edo_grpc_call_free(call);
    edo_trail_clear();
    return status;
}

/* Watches in one of the places; those of the calls before may not be free again yet. */
static edo_grpc_call *watch_in_a_place(edo_grpc_channel *ch, const edoi_look_request *in) {
    for (const int64_t since_s = patience_now_s();;) {
        edo_grpc_call *call;
        edoi_look_update u;
        CHECK_EQ(edo_console_v1_look__watch(ch, &call, in, NULL), 0);
        if (edo_console_v1_look__watch_recv(call, &u) == 1) {
            CHECK_EQ(u.every_ms, 3600000);
            return call;
        }
        CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_RESOURCE_EXHAUSTED);
        edo_grpc_call_free(call);
        edo_trail_clear();
        patience_check(since_s, "a place", __FILE__, __LINE__);
    }
}

static void ask_for_too_much(edo_grpc_channel *ch) {
    static char name[5000];
    edo_grpc_call *calls[16];
    const edoi_look_request in = { .tasks_max = UINT32_MAX, .every_ms = UINT32_MAX };
    memset(name, 'n', sizeof name);
    const edoi_look_request large = { .site = { name, sizeof name } };
    CHECK_EQ(status_of(ch, &large), EDO_GRPC_RESOURCE_EXHAUSTED);
    for (size_t i = 0; i < EDO_COUNT(calls); i++) calls[i] = watch_in_a_place(ch, &in);
    CHECK_EQ(status_of(ch, &in), EDO_GRPC_RESOURCE_EXHAUSTED);
    for (size_t i = 0; i < EDO_COUNT(calls); i++) edo_grpc_call_free(calls[i]);
    edo_trail_clear();
}

/* ---- Connect --------------------------------------------------------------------------------- */

/* As bytes, which any client would send: in a stream's frame are flags, a length, and JSON. */
static void watch_as_json(const char *at) {
    static const char message[] = "{\"tasksMax\":5}";
    char request[512], got[65536];
    size_t n = 0;
    edo_stream *s;
    const int len = snprintf(request, sizeof request,
                             "POST /edo.console.v1.Look/Watch HTTP/1.1\r\nhost: %s\r\n"
                             "content-type: application/connect+json\r\n"
                             "content-length: %zu\r\n\r\n",
                             at, sizeof message - 1 + 5);
    const char frame[5] = { 0, 0, 0, 0, sizeof message - 1 };
    CHECK_EQ(edo_tcp_connect(&s, at, NULL), 0);
    CHECK_EQ(edo_write_all(s, request, (size_t)len), 0);
    CHECK_EQ(edo_write_all(s, frame, sizeof frame), 0);
    CHECK_EQ(edo_write_all(s, message, sizeof message - 1), 0);
    for (const char *found = NULL; !found; found = memmem(got, n, "\"runtimes\":[", 12)) {
        const int bytes = edo_read(s, got + n, sizeof got - n);
        CHECK(bytes > 0);
        n += (size_t)bytes;
    }
    CHECK(memmem(got, n, " 200 ", 5) && memmem(got, n, "{\"number\":\"1\"", 13));
    edo_close(s);
}

static int ask_all(void *arg) {
    char at[EDO_ADDR_TEXT_MAX];
    edo_grpc_channel *ch;
    (void)arg;
    console_at(at, sizeof at);
    edo_task *t = edo_spawn_with(sleeps, NULL, &(edo_spawn_opts){ .name = "sheep" });
    CHECK_EQ(edo_grpc_channel_new(&ch, edo_str_of(at), NULL), 0);
    ask_for_stacks(ch, watch_for_sheep(ch));
    ask_for_faults(ch);
    watch_as_json(at);
    ask_for_too_much(ch);
    edo_grpc_channel_unref(ch);
    edo_notify_one(&bell);
    return edo_task_join(t);
}

static void a_client_looks_into_the_program(void **state) {
    (void)state;
    const edo_console_opts opts = { .always = true, .ignore_env = true, .bind = "127.0.0.1:0" };
    assert_int_equal(edo_console_start(&opts), 0);
    assert_int_equal(inside_real(ask_all, NULL), 0);
    edo_console_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_client_looks_into_the_program) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
