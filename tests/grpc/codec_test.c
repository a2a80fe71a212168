/* SPDX-License-Identifier: MIT */
/* Goal: a client's messages are protobuf, JSON, or bytes of the program's, and its content type
 * says so.
 * Method: calls of each kind against edo's own server, over memory and TCP. */
#include "grpc_site.h"

/* The reply is the codec of the request, and the name. */
static edo_str told_by(edo_grpc_call *call, edo_str name) {
    const edo_str type = edo_headers_get(&edo_grpc_request(call)->headers, EDO_HEADER_CONTENT_TYPE);
    return edo_arena_print(edo_grpc_arena(call), "%.*s %.*s", (int)type.len, type.ptr,
                           (int)name.len, name.ptr);
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    out->text = told_by(call, in->name);
    return 0;
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person;
    int got;
    while ((got = hello_v1_greeter_chat_recv(call, &person)) == 1) {
        const hello_v1_reply reply = { .text = told_by(call, person.name) };
        int err = hello_v1_greeter_chat_send(call, &reply);
        if (err < 0) return err;
    }
    return got;
}

static const hello_v1_greeter_ops greeter = { .greet = greet, .chat = chat };

/* Calls with the codec. Returns its code; `text` is the reply. */
static int greets(grpc_site *t, const char *codec, const char *text) {
    asked a = { .name = "Ann", .opts = { .codec = codec } };
    int err = greet_of(t, &a);
    if (text) CHECK(edo_str_equal(a.reply.text, edo_str_of(text)));
    asked_deinit(&a);
    return err;
}

static int has_codecs(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    edo_str bytes;
    const edo_grpc_call_opts json = { .codec = "json" };
    grpc_site_begin(t, &greeter, NULL);
    CHECK_EQ(greets(t, NULL, "application/grpc Ann"), 0);
    CHECK_EQ(greets(t, "proto", "application/grpc+proto Ann"), 0);
    CHECK_EQ(greets(t, "json", "application/grpc+json Ann"), 0);
    CHECK_EQ(greets(t, "thrift", NULL), -EIO); // 415: UNKNOWN
    CHECK_EQ(greets(t, "", NULL), -EINVAL);
    CHECK_EQ(greets(t, "js on", NULL), -EINVAL);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, &json), 0);
    CHECK_EQ(hello_v1_greeter_chat_client_send(call, &(hello_v1_person){ .name = EDO_STR("Eve") }),
             0);
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), 1);
    CHECK(edo_str_equal(reply.text, EDO_STR("application/grpc+json Eve")));
    CHECK_EQ(edo_grpc_send_bytes(call, EDO_STR("{\"name\": \"Bob\"}")), 0);
    CHECK_EQ(edo_grpc_recv_bytes(call, &bytes), 1);
    CHECK(edo_str_equal(bytes, EDO_STR("{\"text\":\"application/grpc+json Bob\"}")));
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void messages_are_written_by_the_codec_of_the_call(void **state) {
    (void)state;
    on_both(has_codecs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_written_by_the_codec_of_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
