/* SPDX-License-Identifier: MIT */
/* Goal: a client's streams carry any number of messages both ways at once, wait for a side that
 * does not read, and end as one: by the status, or by a side that takes the call back.
 * Method: generated calls against edo's own server, over memory with a clock that jumps and over
 * TCP. */
#include "../support/gate.h"
#include "grpc_site.h"

#include <stdatomic.h>

#define PIECE 65536u
#define EVEN  (1024u - 5 - 3) /* bytes of a name whose message divides all windows and buffers */

static char piece[PIECE];
static int sent_n, received_n;
static atomic_int cancelled;
static edo_sem resumed; /* of a handler that receives nothing for a while */

/* ---- Handlers -------------------------------------------------------------------------------- */

static int sends_for_ever(edo_grpc_call *call) {
    int err = 0;
    for (sent_n = 0; err == 0; sent_n++)
        err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = { piece, PIECE } });
    cancelled += err == -ECANCELED || err == -ECONNRESET;
    return err;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    char text[24];
    int err = 0;
    if (edo_str_equal(in->name, EDO_STR("for ever"))) return sends_for_ever(call);
    for (size_t i = 0; err == 0 && i < in->name.len; i++) {
        int n = snprintf(text, sizeof text, "%zu%c", i, in->name.ptr[i]);
        err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = { text, (size_t)n } });
    }
    if (err == 0 && in->name.len == 0) return edo_grpc_fail(call, EDO_GRPC_OUT_OF_RANGE, "none");
    return err;
}

static int receives_none(edo_grpc_call *call) {
    int err = edo_sleep(edo_s(3600));
    (void)call;
    cancelled += err == -ECANCELED;
    return err;
}

static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    hello_v1_person person;
    int got;
    received_n = 0;
    while ((got = hello_v1_greeter_greet_all_recv(call, &person)) == 1) {
        received_n++;
        if (edo_str_equal(person.name, EDO_STR("wait"))) return receives_none(call);
        if (received_n == 1 && person.name.len == EVEN) CHECK_EQ(edo_sem_acquire(&resumed, 1), 0);
        if (edo_str_equal(person.name, EDO_STR("fail")))
            return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "enough");
    }
    out->text = edo_arena_print(edo_grpc_arena(call), "%d", received_n);
    return got;
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person;
    int got;
    while ((got = hello_v1_greeter_chat_recv(call, &person)) == 1) {
        int err = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = person.name });
        if (err < 0) return err;
    }
    return got;
}

static const hello_v1_greeter_ops greeter = { .count = count,
                                              .greet_all = greet_all,
                                              .chat = chat };

static void site_begin(grpc_site *t) {
    memset(piece, 'x', sizeof piece);
    sent_n = received_n = 0;
    cancelled = 0;
    grpc_site_begin(t, &greeter, NULL);
}

/* ---- The kinds ------------------------------------------------------------------------------- */

static int counts(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    char text[24];
    site_begin(t);
    CHECK_EQ(
        hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ EDO_STR("abc"), { 0 } }, NULL), 0);
    CHECK_EQ(edo_grpc_send(call, &(hello_v1_person){ .name = { 0 } }, &hello_v1_person_desc),
             -EPIPE); // it has sent its one message
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 1);
        (void)snprintf(text, sizeof text, "%d%c", i, 'a' + i);
        CHECK(edo_str_equal(reply.text, edo_str_of(text)));
    }
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 0);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 0); // and so it stays
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_OK);
    edo_grpc_call_free(call);
    CHECK_EQ(hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ .name = { 0 } }, NULL), 0);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), -ERANGE);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void server_streams(void **state) {
    (void)state;
    on_both(counts);
}

static int sums(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    site_begin(t);
    for (int n = 0; n < 4; n++) {
        CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, NULL), 0);
        for (int i = 0; i < n; i++)
            CHECK_EQ(hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = { 0 } }), 0);
        CHECK_EQ(hello_v1_greeter_greet_all_finish(call, &reply), 0);
        CHECK(reply.text.len == 1 && reply.text.ptr[0] == '0' + n);
        CHECK_EQ(hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = { 0 } }),
                 -EPIPE);
        edo_grpc_call_free(call);
    }
    return grpc_site_end(t);
}

static void client_streams(void **state) {
    (void)state;
    on_both(sums);
}

static int ping_pongs(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    for (size_t n = 1; n <= PIECE; n *= 16) {
        CHECK_EQ(
            hello_v1_greeter_chat_client_send(call, &(hello_v1_person){ .name = { piece, n } }), 0);
        CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), 1);
        CHECK(reply.text.len == n && memcmp(reply.text.ptr, piece, n) == 0);
    }
    CHECK_EQ(edo_grpc_close_send(call), 0);
    CHECK_EQ(edo_grpc_close_send(call), 0);
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), 0);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void both_stream_in_turns(void **state) {
    (void)state;
    on_both(ping_pongs);
}

#define MANY 300 /* times PIECE is more than all windows */

static int sends_many(void *arg) {
    edo_grpc_call *call = arg;
    int err = 0;
    for (int i = 0; i < MANY && err == 0; i++)
        err =
            hello_v1_greeter_chat_client_send(call, &(hello_v1_person){ .name = { piece, PIECE } });
    return err < 0 ? err : edo_grpc_close_send(call);
}

static int chats_by_two(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    int n = 0, got;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    edo_task *sender = edo_spawn(sends_many, call);
    while ((got = hello_v1_greeter_chat_client_recv(call, &reply)) == 1) {
        CHECK_EQ(reply.text.len, PIECE);
        n++;
    }
    CHECK_EQ(got, 0);
    CHECK_EQ(n, MANY);
    CHECK_EQ(edo_task_join(sender), 0);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void one_task_sends_while_another_receives(void **state) {
    (void)state;
    on_both(chats_by_two);
}

/* Of one call a task sends what is too long, and another one receives what is too long, on two
 * workers that have met before. */
typedef struct failing {
    gate gate;
    edo_grpc_call *call;
} failing;

static void failing_meet(failing *f) {
    pthread_mutex_lock(&f->gate.mutex);
    f->gate.begun++;
    pthread_cond_broadcast(&f->gate.changed);
    pthread_mutex_unlock(&f->gate.mutex);
    gate_wait_begun(&f->gate, 2); // keeps the worker, so the other task runs on another one
}

static int fails_to_send(void *arg) {
    failing *f = arg;
    failing_meet(f);
    return hello_v1_greeter_chat_client_send(f->call, &(hello_v1_person){ .name = { piece, 101 } });
}

static int fails_to_receive(void *arg) {
    failing *f = arg;
    hello_v1_reply reply;
    failing_meet(f);
    return hello_v1_greeter_chat_client_recv(f->call, &reply);
}

static int fails_both_ways(void *arg) {
    grpc_site *t = arg;
    failing f = { .gate = GATE };
    t->opts.send_max = 100;
    t->opts.recv_max = 4;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &f.call, NULL), 0);
    CHECK_EQ(
        hello_v1_greeter_chat_client_send(f.call, &(hello_v1_person){ .name = EDO_STR("long") }),
        0);
    CHECK_EQ(edo_grpc_recv_metadata(f.call), 0);
    edo_task *sender = edo_spawn(fails_to_send, &f), *receiver = edo_spawn(fails_to_receive, &f);
    CHECK_EQ(edo_task_join(sender), -EDQUOT);
    CHECK_EQ(edo_task_join(receiver), -EDQUOT);
    CHECK_EQ(edo_grpc_get_status(f.call), EDO_GRPC_RESOURCE_EXHAUSTED);
    CHECK(edo_str_equal(edo_grpc_get_message(f.call),
                        EDO_STR("a message of 6 bytes is longer than 4")));
    edo_grpc_call_free(f.call);
    return grpc_site_end(t);
}

static void send_and_receive_of_one_call_fail_each_for_itself(void **state) {
    grpc_site *t = calloc(1, sizeof *t);
    (void)state;
    assert_non_null(t);
    assert_int_equal(inside_with(fails_both_ways, t, &(edo_runtime_opts){ .workers = 4 }), 0);
    free(t);
}

/* ---- A side that does not read --------------------------------------------------------------- */

static int does_not_receive(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ EDO_STR("for ever"), { 0 } },
                                    NULL),
             0);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 1);
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    int n = sent_n;
    CHECK(n * (int)PIECE < 4 << 20); // the windows, and what the server has gathered
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    CHECK_EQ(sent_n, n);
    for (int i = 0; i < n; i++) CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 1);
    CHECK(sent_n > n);
    edo_grpc_call_free(call);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK_EQ(cancelled, 1);
    return grpc_site_end(t);
}

static void reader_that_stops_bounds_what_is_sent(void **state) {
    (void)state;
    in_memory(does_not_receive);
}

static int is_not_received(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, &(edo_grpc_call_opts){ .timeout = edo_s(9) }),
             0);
    CHECK_EQ(hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = EDO_STR("wait") }),
             0);
    int err = 0, n = 0;
    for (; err == 0; n++)
        err = hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = { piece, PIECE } });
    CHECK_EQ(err, -ETIMEDOUT);
    CHECK(n * (int)PIECE < 4 << 20);
    hello_v1_reply reply;
    CHECK_EQ(hello_v1_greeter_greet_all_finish(call, &reply), -ETIMEDOUT);
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_DEADLINE_EXCEEDED);
    edo_grpc_call_free(call);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK_EQ(cancelled, 1);
    return grpc_site_end(t);
}

static void server_that_does_not_receive_stops_the_sender(void **state) {
    (void)state;
    in_memory(is_not_received);
}

/* ---- The end --------------------------------------------------------------------------------- */

static int ends_early(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, NULL), 0);
    CHECK_EQ(hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = EDO_STR("fail") }),
             0);
    int err = 0;
    while (err == 0)
        err = hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = { piece, PIECE } });
    CHECK_EQ(err, -EPIPE);
    CHECK_EQ(hello_v1_greeter_greet_all_finish(call, &reply), -ENOENT);
    CHECK(edo_str_equal(edo_grpc_get_message(call), EDO_STR("enough")));
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void status_comes_though_the_client_still_sends(void **state) {
    (void)state;
    on_both(ends_early);
}

static int cancels_later(void *arg) {
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    edo_grpc_cancel(arg);
    return 0;
}

static int is_cancelled(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, NULL), 0);
    CHECK_EQ(hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = EDO_STR("wait") }),
             0);
    edo_task *other = edo_spawn(cancels_later, call);
    CHECK_EQ(hello_v1_greeter_greet_all_finish(call, &reply), -ECANCELED);
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_CANCELLED);
    CHECK(edo_str_equal(edo_grpc_get_message(call), EDO_STR("cancelled by this program")));
    CHECK_EQ(hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = { 0 } }), -EPIPE);
    CHECK_EQ(edo_task_join(other), 0);
    edo_grpc_call_free(call);
    for (int i = 0; cancelled == 0 && i < 3000; i++) CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(cancelled, 1);
    return grpc_site_end(t);
}

static void call_that_is_taken_back_cancels_its_handler(void **state) {
    (void)state;
    on_both(is_cancelled);
}

static int asks_with_patience(void *arg) {
    hello_v1_reply reply;
    return hello_v1_greeter_chat_client_recv(arg, &reply);
}

/* A receive that was cut short may be repeated. */
static int recv_is_repeated(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    edo_task *reader = edo_spawn(asks_with_patience, call);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    edo_task_cancel(reader);
    CHECK_EQ(edo_task_join(reader), -ECANCELED);
    CHECK_EQ(hello_v1_greeter_chat_client_send(call, &(hello_v1_person){ .name = EDO_STR("x") }),
             0);
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), 1);
    CHECK(edo_str_equal(reply.text, EDO_STR("x")));
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void receive_that_was_cut_short_may_be_repeated(void **state) {
    (void)state;
    on_both(recv_is_repeated);
}

static int sends_within(edo_grpc_call *call, edo_str name, edo_duration time) {
    EDO_DEADLINE(limit, time);
    return edo_deadline_end(
        &limit, hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = name }));
}

/* A limit of the program's own passes while a send waits behind messages that fill all there is,
 * the last of them to its end: nothing of it has gone. */
static int send_is_cut(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    int err = 0, n = 0;
    t->server.http2 = &(edo_http2_opts){ .stream_window = 65536 };
    site_begin(t);
    edo_sem_init(&resumed, 0);
    CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, NULL), 0);
    while ((err = sends_within(call, (edo_str){ piece, EVEN }, edo_s(1))) == 0) n++;
    CHECK(err == -ETIMEDOUT && n >= 64 + 64);
    edo_sem_release(&resumed, 1);
    CHECK_EQ(sends_within(call, EDO_STR("y"), edo_s(9)), 0);
    CHECK_EQ(hello_v1_greeter_greet_all_finish(call, &reply), 0);
    CHECK_EQ(received_n, n + 1);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void send_that_was_cut_before_its_first_byte_leaves_the_call_whole(void **state) {
    (void)state;
    in_memory(send_is_cut);
}

/* It passes when a part of a message has gone: what followed would be taken for its rest. */
static int send_is_torn(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    int err = 0;
    site_begin(t);
    CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, NULL), 0);
    CHECK_EQ(sends_within(call, EDO_STR("wait"), edo_s(9)), 0);
    while (err == 0) err = sends_within(call, (edo_str){ piece, PIECE }, edo_s(1));
    CHECK_EQ(err, -ETIMEDOUT);
    CHECK_EQ(sends_within(call, EDO_STR("x"), edo_s(9)), -EPIPE);
    CHECK_EQ(hello_v1_greeter_greet_all_finish(call, &reply), -ECANCELED);
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_CANCELLED);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void send_that_was_cut_amid_its_message_ends_the_call(void **state) {
    (void)state;
    in_memory(send_is_torn);
}

/* Sends one message, and its status a while later. */
static int ends_slowly(edo_web *w) {
    edo_response *res = edo_web_response(w);
    const edo_header type = { .name = EDO_STR("content-type"),
                              .value = EDO_STR("application/grpc"),
                              .id = EDO_HEADER_CONTENT_TYPE };
    edo_stream *out = NULL;
    int err = edo_headers_add(&res->headers, &type);
    if (err == 0) err = edo_response_stream(res, &out, -1);
    if (err == 0) err = edo_write_all(out, "\0\0\0\0\3\n\1x", 8);
    if (err == 0) err = edo_flush(out);
    if (err == 0) err = edo_sleep(edo_s(1));
    return err < 0 ? err
                   : edo_headers_append_named(edo_response_trailers(res), EDO_STR("grpc-status"),
                                              EDO_STR("0"));
}

static int finishes_with_patience(void *arg) {
    hello_v1_reply reply;
    return edo_grpc_finish(arg, &reply, &hello_v1_reply_desc);
}

static int finish_is_repeated(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    grpc_site_begin(t, &greeter, ends_slowly);
    CHECK_EQ(edo_grpc_stream(t->ch, &call, "/odd/slow", NULL), 0);
    edo_task *reader = edo_spawn(finishes_with_patience, call);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0); // the message is there, and not the status
    edo_task_cancel(reader);
    CHECK_EQ(edo_task_join(reader), -ECANCELED);
    for (int i = 0; i < 2; i++) { // and once more
        CHECK_EQ(edo_grpc_finish(call, &reply, &hello_v1_reply_desc), 0);
        CHECK(edo_str_equal(reply.text, EDO_STR("x")));
    }
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void finish_that_was_cut_short_may_be_repeated(void **state) {
    (void)state;
    in_memory(finish_is_repeated);
}

/* A method whose kind the client has got wrong. */
static int has_other_kind(void *arg) {
    grpc_site *t = arg;
    site_begin(t);
    asked none = { .name = "x", .path = "/hello.v1.Greeter/Chat" };
    CHECK_EQ(greet_of(t, &none), 0); // one message, one reply
    asked_deinit(&none);
    asked two = { .name = "ab", .path = "/hello.v1.Greeter/Count" };
    CHECK_EQ(greet_of(t, &two), -ENOTSUP);
    CHECK_EQ(edo_grpc_get_status(two.call), EDO_GRPC_UNIMPLEMENTED);
    asked_deinit(&two);
    edo_grpc_call *call;
    hello_v1_reply reply;
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    CHECK_EQ(hello_v1_greeter_greet_all_finish(call, &reply), -ENOTSUP); // no reply, and OK
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_UNIMPLEMENTED);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void other_than_one_reply_is_unimplemented(void **state) {
    (void)state;
    on_both(has_other_kind);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_streams),
        cmocka_unit_test(client_streams),
        cmocka_unit_test(both_stream_in_turns),
        cmocka_unit_test(one_task_sends_while_another_receives),
        cmocka_unit_test(send_and_receive_of_one_call_fail_each_for_itself),
        cmocka_unit_test(reader_that_stops_bounds_what_is_sent),
        cmocka_unit_test(server_that_does_not_receive_stops_the_sender),
        cmocka_unit_test(status_comes_though_the_client_still_sends),
        cmocka_unit_test(call_that_is_taken_back_cancels_its_handler),
        cmocka_unit_test(receive_that_was_cut_short_may_be_repeated),
        cmocka_unit_test(send_that_was_cut_before_its_first_byte_leaves_the_call_whole),
        cmocka_unit_test(send_that_was_cut_amid_its_message_ends_the_call),
        cmocka_unit_test(finish_that_was_cut_short_may_be_repeated),
        cmocka_unit_test(other_than_one_reply_is_unimplemented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
