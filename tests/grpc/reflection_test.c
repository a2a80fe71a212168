/* SPDX-License-Identifier: MIT */
/* Goal: streams of reflection that begin at once, of which one reads the server's files for all,
 * are told what one alone is.
 * Method: 40 streams by 8 connections to a server of four workers that has read nothing yet. A
 * question is the bytes of its message. The rest of reflection is in services_test.py. */
#include "grpc_site.h"

#define REFLECTION "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

#define CHANNELS 8
#define STREAMS  40
#define ROUNDS   5

static const edo_str questions[] = {
    { ":\0", 2 },                       // list_services
    { "\x22\x10hello.v1.Greeter", 18 }, // file_containing_symbol
    { "\x22\x0fhello.v1.Person", 17 },
    { "\x22\x04none", 6 },
};

static const hello_v1_greeter_ops greeter = { .greet = NULL };

typedef struct asker {
    edo_grpc_channel *ch;
    edo_barrier *begin; /* NULL: it is alone */
    edo_buf told[EDO_COUNT(questions)];
} asker;

static int asks_all(void *arg) {
    asker *a = arg;
    edo_grpc_call *call;
    if (a->begin) CHECK(edo_barrier_wait(a->begin) >= 0);
    CHECK_EQ(edo_grpc_stream(a->ch, &call, REFLECTION, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(questions); i++) {
        edo_str told;
        CHECK_EQ(edo_grpc_send_bytes(call, questions[i]), 0);
        CHECK_EQ(edo_grpc_recv_bytes(call, &told), 1);
        CHECK(told.len > 0);
        EDO_TEST_OK(edo_buf_append(&a->told[i], told.ptr, told.len));
    }
    edo_str none;
    CHECK_EQ(edo_grpc_close_send(call), 0);
    CHECK_EQ(edo_grpc_recv_bytes(call, &none), 0);
    edo_grpc_call_free(call);
    return 0;
}

static void asker_deinit(asker *a) {
    for (size_t i = 0; i < EDO_COUNT(questions); i++) edo_buf_deinit(&a->told[i]);
}

static void are_told_the_same(const asker *a, const asker *alone) {
    for (size_t i = 0; i < EDO_COUNT(questions); i++) {
        CHECK_EQ(a->told[i].len, alone->told[i].len);
        CHECK_EQ(memcmp(a->told[i].ptr, alone->told[i].ptr, a->told[i].len), 0);
    }
}

static void ask_at_once(edo_grpc_channel *const channels[CHANNELS]) {
    asker all[STREAMS], alone = { .ch = channels[0] };
    edo_barrier begin = EDO_BARRIER_INIT(STREAMS);
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (size_t i = 0; i < STREAMS; i++) {
        all[i] = (asker){ .ch = channels[i % CHANNELS], .begin = &begin };
        edo_scope_spawn(&scope, asks_all, &all[i]);
    }
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(asks_all(&alone), 0);
    for (size_t i = 0; i < STREAMS; i++) {
        are_told_the_same(&all[i], &alone);
        asker_deinit(&all[i]);
    }
    asker_deinit(&alone);
}

/* Each round has a server that has read nothing. */
static int asks_at_once(void *arg) {
    grpc_site *t = arg;
    edo_grpc_channel *channels[CHANNELS];
    t->reflects = true;
    for (int round = 0; round < ROUNDS; round++) {
        grpc_site_begin(t, &greeter, NULL);
        for (size_t i = 0; i < CHANNELS; i++) {
            EDO_TEST_OK(edo_grpc_channel_new(&channels[i], EDO_STR("greeter:1"), &t->opts));
            EDO_TEST_OK(edo_grpc_channel_connect(channels[i]));
        }
        ask_at_once(channels);
        for (size_t i = 0; i < CHANNELS; i++) edo_grpc_channel_unref(channels[i]);
        CHECK_EQ(grpc_site_end(t), 0);
    }
    return 0;
}

static void streams_that_begin_at_once_share_what_one_reads(void **state) {
    (void)state;
    grpc_site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside_with(asks_at_once, t, &(edo_runtime_opts){ .workers = 4 }), 0);
    free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_that_begin_at_once_share_what_one_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
