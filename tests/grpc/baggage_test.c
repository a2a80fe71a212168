/* SPDX-License-Identifier: MIT */
/* Goal: baggage goes with a call of a channel that names its server, and with no other; it is bound
 * in the handler of the call.
 * Method: edo's own server, whose greeter replies with the baggage that it sees. */
#include "grpc_site.h"

#include <edo/baggage.h>

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const edo_str came = edo_grpc_metadata(call, "baggage"), has = edo_baggage_text();
    (void)in;
    CHECK(edo_str_equal(came, has));
    out->text = edo_arena_print(edo_grpc_arena(call), "%.*s", (int)has.len, has.ptr ? has.ptr : "");
    return 0;
}

static const hello_v1_greeter_ops greeter = { .greet = greet };

static void expect_seen(grpc_site *t, const char *text) {
    asked a = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(edo_str_equal(a.reply.text, edo_str_of(text)));
    asked_deinit(&a);
}

static int carries(void *arg) {
    grpc_site *t = arg;
    for (int named = 0; named <= 1; named++) {
        edo_context_block b;
        t->traces = true;
        t->opts.baggage = named == 1;
        grpc_site_begin(t, &greeter, NULL);
        expect_seen(t, "");
        EDO_TEST_OK(edo_baggage_begin_text(&b, EDO_STR("user=Ann%20B;admin, a=1")));
        expect_seen(t, named == 1 ? "user=Ann%20B;admin,a=1" : "");
        EDO_TEST_OK(edo_context_end(&b, 0));
        expect_seen(t, "");
        CHECK_EQ(grpc_site_end(t), 0);
    }
    return 0;
}

static void it_goes_to_the_server_that_a_channel_names(void **state) {
    (void)state;
    on_both(carries);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_to_the_server_that_a_channel_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
