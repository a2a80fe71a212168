/* SPDX-License-Identifier: MIT */
/* Goal: a client's call says how it has ended, whatever ends it: the status, its message and the
 * metadata of the server; its time; a server that is not there, or is none of gRPC.
 * Method: generated calls against edo's own server, over memory with a clock that jumps and over
 * TCP; handlers of HTTP that answer as no gRPC does. */
#include "grpc_site.h"

#include <edo/grpc_details.h>
#include <edo/protobuf_known.h>
#include <edo/str.h>
#include <edo/unix.h>
#include <edo/web_compress.h>

#include <unistd.h>

/* ---- Handlers -------------------------------------------------------------------------------- */

/* What Greet does is told by the name. */
static int greets_oddly(edo_grpc_call *call, hello_v1_reply *out, edo_str name) {
    if (edo_str_equal(name, EDO_STR("fail"))) {
        const edo_grpc_error_info info = { .reason = EDO_STR("MOVED") };
        CHECK_EQ(edo_grpc_add_trailer(call, "x-why", EDO_STR("so")), 0);
        CHECK_EQ(edo_grpc_detail(call, EDO_GRPC_ERROR_INFO, &info, &edo_grpc_error_info_desc), 0);
        return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "no %s%%\n", "h\xc3\xa9");
    }
    if (edo_str_equal(name, EDO_STR("passed on"))) { // what another server has said
        static char value[3000];
        google_protobuf_any all[] = {
            { .type_url = EDO_STR("x/test.v1.A"), .value.str = EDO_STR("\x0a\x01y") },
            { .type_url = EDO_STR("x/test.v1.B"), .value.str = { value, sizeof value } },
            { .type_url = EDO_STR("x/test.v1.C"),
              .value.str = { value, sizeof value } }, // too much
            { .type_url = EDO_STR("x/test.v1.A"), .value.str = EDO_STR("") },
        };
        const edo_grpc_failure f = { EDO_GRPC_ABORTED, EDO_STR("50%"), all, EDO_COUNT(all) };
        return edo_grpc_fail_with(call, &f);
    }
    if (edo_str_equal(name, EDO_STR("odd")))
        return edo_grpc_fail_with(call, &(edo_grpc_failure){ .code = 99 });
    if (edo_str_equal(name, EDO_STR("meta"))) {
        out->text = edo_grpc_metadata(call, "x-in");
        CHECK(edo_str_equal(edo_grpc_metadata(call, "x-in-bin"), EDO_STR("\1\2")));
        CHECK(edo_grpc_metadata(call, "user-agent").len > 11);
        CHECK_EQ(edo_grpc_add_metadata(call, "x-out", EDO_STR("first")), 0);
        return edo_grpc_add_trailer(call, "x-out-bin", EDO_STR("\3last"));
    }
    if (name.len >= 5 && memcmp(name.ptr, "coded", 5) == 0) {
        out->text = edo_grpc_was_compressed(call) ? EDO_STR("1") : EDO_STR("0");
        return 0;
    }
    if (edo_str_equal(name, EDO_STR("host"))) {
        out->text = edo_headers_get(&edo_grpc_request(call)->headers, EDO_HEADER_HOST);
        return 0;
    }
    if (edo_str_equal(name, EDO_STR("time"))) {
        int64_t left = edo_grpc_deadline(call).ns;
        out->text =
            edo_arena_print(edo_grpc_arena(call), "%d", left > 0 ? (int)(left / 1000000) : -1);
        return 0;
    }
    if (edo_str_equal(name, EDO_STR("sleep"))) return edo_sleep(edo_s(3600));
    if (edo_str_equal(name, EDO_STR("late"))) { // after its time, as another server may
        (void)edo_sleep(edo_s(3600));
        return edo_grpc_fail(call, EDO_GRPC_CANCELLED, "your time is over");
    }
    if (edo_str_equal(name, EDO_STR("long"))) {
        char *text = edo_arena_alloc(edo_grpc_arena(call), 5000);
        memset(text, 'x', 5000);
        out->text = (edo_str){ text, 5000 };
    }
    return 0;
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    if (in->name.len > 0 && in->name.ptr[0] >= 'a') return greets_oddly(call, out, in->name);
    out->text = edo_arena_print(edo_grpc_arena(call), "Hello, %.*s!", (int)in->name.len,
                                in->name.len > 0 ? in->name.ptr : "");
    return 0;
}

static const hello_v1_greeter_ops greeter = { .greet = greet };

/* ---- Calls ----------------------------------------------------------------------------------- */

static int greets(void *arg) {
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, NULL);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_IDLE);
    for (int i = 0; i < 3; i++) {
        asked a = { .name = "Ann" };
        CHECK_EQ(greet_of(t, &a), 0);
        CHECK(edo_str_equal(a.reply.text, EDO_STR("Hello, Ann!")));
        CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_OK);
        CHECK_EQ(edo_grpc_get_message(a.call).len, 0);
        asked_deinit(&a);
    }
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_READY);
    CHECK_EQ(t->connects, 1);
    return grpc_site_end(t);
}

static void unary_call_returns_the_reply(void **state) {
    (void)state;
    on_both(greets);
}

static int fails(void *arg) {
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, NULL);
    asked a = { .name = "fail" };
    CHECK_EQ(greet_of(t, &a), -ENOENT);
    CHECK(trail_has(-ENOENT, "/hello.v1.Greeter/Greet: no h\xc3\xa9%\\n: NOT_FOUND (-ENOENT)"));
    CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_NOT_FOUND);
    CHECK(edo_str_equal(edo_grpc_get_message(a.call), EDO_STR("no h\xc3\xa9%\n")));
    CHECK(edo_str_equal(edo_grpc_trailer(a.call, "x-why", 0), EDO_STR("so")));
    CHECK(edo_grpc_trailer(a.call, "x-why", 1).ptr == NULL);
    edo_grpc_error_info info;
    const edo_desc *desc = &edo_grpc_error_info_desc;
    CHECK_EQ(edo_grpc_get_detail(a.call, EDO_GRPC_ERROR_INFO, &info, desc), 0);
    CHECK(edo_str_equal(info.reason, EDO_STR("MOVED")));
    CHECK_EQ(edo_grpc_get_detail(a.call, EDO_GRPC_DEBUG_INFO, &info, desc), -ENOENT);
    asked_deinit(&a);
    edo_grpc_call *call;
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    hello_v1_reply reply;
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), -ENOTSUP);
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), -ENOTSUP); // and so it stays
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_UNIMPLEMENTED);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static bool detail_is(const edo_grpc_failure *f, size_t i, const char *type, size_t bytes) {
    return edo_protobuf_any_is(&f->details[i], type) && f->details[i].value.str.len == bytes;
}

static int passes_on(void *arg) {
    grpc_site *t = arg;
    edo_grpc_failure f = { .code = 7 };
    grpc_site_begin(t, &greeter, NULL);
    asked a = { .name = "passed on" };
    CHECK_EQ(greet_of(t, &a), -EDEADLK);
    CHECK_EQ(edo_grpc_get_failure(a.call, &f), 0);
    CHECK(f.code == EDO_GRPC_ABORTED && edo_str_equal(f.message, EDO_STR("50%")));
    CHECK_EQ(f.details_n, 3);
    CHECK(detail_is(&f, 0, "test.v1.A", 3) && detail_is(&f, 1, "test.v1.B", 3000));
    CHECK(detail_is(&f, 2, "test.v1.A", 0));
    asked_deinit(&a);
    asked b = { .name = "fail" };
    CHECK_EQ(greet_of(t, &b), -ENOENT);
    CHECK_EQ(edo_grpc_get_failure(b.call, &f), 0);
    CHECK(f.details_n == 1 && edo_protobuf_any_is(&f.details[0], EDO_GRPC_ERROR_INFO));
    asked_deinit(&b);
    asked odd = { .name = "odd" };
    CHECK_EQ(greet_of(t, &odd), edo_grpc_error_of(EDO_GRPC_UNKNOWN));
    CHECK_EQ(edo_grpc_get_failure(odd.call, &f), 0);
    CHECK(f.code == EDO_GRPC_UNKNOWN && f.message.len == 0 && f.details_n == 0);
    asked_deinit(&odd);
    asked good = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &good), 0);
    f.code = 7;
    CHECK_EQ(edo_grpc_get_failure(good.call, &f), -ENOENT);
    CHECK_EQ(f.code, 7);
    asked_deinit(&good);
    return grpc_site_end(t);
}

static void failure_of_another_server_is_passed_on_with_its_details(void **state) {
    (void)state;
    on_both(passes_on);
}

static void failure_has_its_status_message_and_trailers(void **state) {
    (void)state;
    on_both(fails);
}

static int sends_metadata(void *arg) {
    grpc_site *t = arg;
    const edo_grpc_entry entries[] = { { "x-in", EDO_STR("hi") }, { "x-in-bin", EDO_STR("\1\2") } };
    const edo_grpc_entry bad[] = { { "grpc-timeout", EDO_STR("1S") } };
    grpc_site_begin(t, &greeter, NULL);
    asked a = { .name = "meta", .opts = { .metadata = entries, .metadata_n = 2 } };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(edo_str_equal(a.reply.text, EDO_STR("hi")));
    CHECK(edo_str_equal(edo_grpc_metadata(a.call, "x-out"), EDO_STR("first")));
    CHECK(edo_str_equal(edo_grpc_trailer(a.call, "x-out-bin", 0), EDO_STR("\3last")));
    const edo_headers *first = edo_grpc_headers(a.call), *last = edo_grpc_trailers(a.call);
    CHECK(edo_str_equal(edo_headers_get_named(first, EDO_STR("x-out")), EDO_STR("first")));
    CHECK(edo_str_equal(edo_headers_get_named(last, EDO_STR("x-out-bin")), EDO_STR("A2xhc3Q")));
    asked_deinit(&a);
    asked b = { .name = "meta", .opts = { .metadata = bad, .metadata_n = 1 } };
    CHECK_EQ(greet_of(t, &b), -EINVAL);
    CHECK(b.call == NULL);
    asked_deinit(&b);
    return grpc_site_end(t);
}

static void metadata_go_both_ways(void **state) {
    (void)state;
    on_both(sends_metadata);
}

static int is_too_long(void *arg) {
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, NULL);
    asked a = { .name = "long", .opts = { .recv_max = 5000 } };
    CHECK_EQ(greet_of(t, &a), -EDQUOT);
    CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_RESOURCE_EXHAUSTED);
    asked_deinit(&a);
    asked b = { .name = "long", .opts = { .recv_max = 5003 } };
    CHECK_EQ(greet_of(t, &b), 0);
    CHECK_EQ(b.reply.text.len, 5000);
    asked_deinit(&b);
    return grpc_site_end(t);
}

static void reply_beyond_the_limit_is_refused(void **state) {
    (void)state;
    on_both(is_too_long);
}

/* How it has come is what the reply tells. */
static int has_codings(void *arg) {
    static const uint32_t codings[] = { EDO_CODING_GZIP, EDO_CODING_DEFLATE, EDO_CODING_ZSTD };
    grpc_site *t = arg;
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        bool is_there = edo_web_codings() & codings[i];
        t->opts.send_codings = t->opts.accept_codings = codings[i];
        t->service = (edo_grpc_opts){ .send_codings = codings[i], .accept_codings = codings[i] };
        grpc_site_begin(t, &greeter, NULL);
        asked a = { .name = "coded coded coded coded coded coded coded coded coded coded coded" };
        CHECK_EQ(greet_of(t, &a), 0);
        CHECK(edo_str_equal(a.reply.text, is_there ? EDO_STR("1") : EDO_STR("0")));
        asked_deinit(&a);
        asked b = { .name = a.name, .opts = { .no_compress = true } };
        CHECK_EQ(greet_of(t, &b), 0);
        CHECK(edo_str_equal(b.reply.text, EDO_STR("0")));
        asked_deinit(&b);
        asked c = { .name = "long" };
        CHECK_EQ(greet_of(t, &c), 0);
        CHECK(c.reply.text.len == 5000 && edo_grpc_was_compressed(c.call) == is_there);
        asked_deinit(&c);
        asked d = { .name = "long", .opts = { .recv_max = 4999 } };
        CHECK_EQ(greet_of(t, &d), -EDQUOT); // when it is decompressed
        asked_deinit(&d);
        CHECK_EQ(grpc_site_end(t), 0);
    }
    t->service = (edo_grpc_opts){ .accept_codings = 0 };
    grpc_site_begin(t, &greeter, NULL);
    asked e = { .name = "coded" };
    CHECK_EQ(greet_of(t, &e), edo_web_codings() & EDO_CODING_ZSTD ? -ENOTSUP : 0);
    asked_deinit(&e);
    return grpc_site_end(t);
}

static void messages_are_compressed_both_ways(void **state) {
    (void)state;
    on_both(has_codings);
}

/* ---- Time ------------------------------------------------------------------------------------ */

static int has_deadlines(void *arg) {
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, NULL);
    asked a = { .name = "sleep", .opts = { .timeout = edo_ms(700) } };
    edo_instant before = edo_now();
    CHECK_EQ(greet_of(t, &a), -ETIMEDOUT);
    CHECK_EQ(edo_instant_since(edo_now(), before).ns, edo_ms(700).ns);
    CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_DEADLINE_EXCEEDED);
    asked_deinit(&a);
    asked b = { .name = "late", .opts = { .timeout = edo_ms(700) } };
    CHECK_EQ(greet_of(t, &b), -ETIMEDOUT);
    CHECK_EQ(edo_grpc_get_status(b.call), EDO_GRPC_DEADLINE_EXCEEDED);
    asked_deinit(&b);
    asked c = { .name = "time", .opts = { .timeout = edo_ms(700) } };
    CHECK_EQ(greet_of(t, &c), 0);
    CHECK(edo_str_equal(c.reply.text, EDO_STR("700")));
    asked_deinit(&c);
    asked d = { .name = "time" };
    CHECK_EQ(greet_of(t, &d), 0);
    CHECK(edo_str_equal(d.reply.text, EDO_STR("-1")));
    asked_deinit(&d);
    asked e = { .name = "time", .opts = { .timeout = edo_s(9) } };
    edo_deadline around;
    edo_deadline_begin(&around, edo_s(2));
    CHECK_EQ(edo_deadline_end(&around, greet_of(t, &e)), 0);
    CHECK(edo_str_equal(e.reply.text, EDO_STR("2000")));
    asked_deinit(&e);
    return grpc_site_end(t);
}

static int has_a_route_with_a_limit(void *arg) {
    grpc_site *t = arg;
    t->service.timeout = edo_ms(40);
    grpc_site_begin(t, &greeter, NULL);
    asked a = { .name = "sleep" };
    CHECK_EQ(greet_of(t, &a), -ETIMEDOUT);
    CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_DEADLINE_EXCEEDED);
    edo_str said = edo_grpc_get_message(a.call);
    CHECK(edo_str_equal(said, EDO_STR("the route's limit of 40ms has passed")));
    asked_deinit(&a);
    asked b = { .name = "late" };
    CHECK_EQ(greet_of(t, &b), -ECANCELED);
    CHECK_EQ(edo_grpc_get_status(b.call), EDO_GRPC_CANCELLED);
    CHECK(edo_str_equal(edo_grpc_get_message(b.call), EDO_STR("your time is over")));
    asked_deinit(&b);
    return grpc_site_end(t);
}

static void limit_of_a_route_that_has_passed_is_told(void **state) {
    (void)state;
    in_memory(has_a_route_with_a_limit);
}

/* Connects after 2 s. */
static int connects_slowly(void *arg, edo_stream **out, const char *address) {
    grpc_site *t = arg;
    (void)address;
    int err = edo_sleep(edo_s(2));
    return err < 0 ? err : connect_if_served(&t->s, out);
}

static int waits_and_tells(void *arg) {
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, NULL);
    edo_grpc_channel_unref(t->ch);
    t->opts.connect = connects_slowly;
    t->opts.arg = t;
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("greeter:1"), &t->opts), 0);
    asked a = { .name = "time", .opts = { .timeout = edo_s(5) } };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(edo_str_equal(a.reply.text, EDO_STR("3000")));
    asked_deinit(&a);
    return grpc_site_end(t);
}

static void time_that_is_told_is_less_what_the_connection_took(void **state) {
    (void)state;
    in_memory(waits_and_tells);
}

static void time_of_a_call_is_told_and_kept(void **state) {
    (void)state;
    in_memory(has_deadlines);
}

/* ---- Servers that are none ------------------------------------------------------------------- */

static int no_server(void *arg, edo_stream **out, const char *address) {
    grpc_site *t = arg;
    (void)out;
    CHECK_EQ(strcmp(address, "greeter:1"), 0);
    t->connects++;
    return edo_fail(-ECONNREFUSED, "nobody is there");
}

static int is_refused(void *arg) {
    grpc_site *t = arg;
    memset(t, 0, sizeof *t);
    t->opts = (edo_grpc_channel_opts){ .connect = no_server, .arg = t };
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("dns:///greeter:1"), &t->opts), 0);
    asked a = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &a), -EAGAIN);
    CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_UNAVAILABLE);
    CHECK(trail_has(-EAGAIN, "Connection refused"));
    asked_deinit(&a);
    CHECK_EQ(edo_grpc_channel_get_state(t->ch), EDO_GRPC_TRANSIENT_FAILURE);
    CHECK_EQ(t->connects, 1);
    asked b = { .name = "Ann", .opts = { .wait_for_ready = true, .timeout = edo_s(10) } };
    CHECK_EQ(greet_of(t, &b), -ETIMEDOUT);
    CHECK(t->connects > 3 && t->connects < 7); // after 1 s, 1.6 s, 2.56 s …
    asked_deinit(&b);
    edo_grpc_channel_unref(t->ch);
    return 0;
}

static void server_that_is_not_there_is_unavailable(void **state) {
    (void)state;
    in_memory(is_refused);
}

/* The server ends the connection in order, and calls go on over another one. */
static int reconnects(void *arg) {
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, NULL);
    for (int i = 1; i <= 3; i++) {
        asked a = { .name = "Ann" };
        CHECK_EQ(greet_of(t, &a), 0);
        asked_deinit(&a);
        CHECK_EQ(t->connects, i);
        if (i == 3) break;
        CHECK_EQ(edo_sleep(edo_s(5)), 0); // longer than a pause
        edo_task_cancel(t->s.conns->task);
        CHECK(edo_grpc_channel_wait_state(t->ch, EDO_GRPC_READY) >= 0);
    }
    return grpc_site_end(t);
}

static void channel_connects_again(void **state) {
    (void)state;
    in_memory(reconnects);
}

static int closes(void *arg) {
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, NULL);
    asked a = { .name = "Ann" };
    CHECK_EQ(edo_grpc_channel_connect(t->ch), 0);
    edo_grpc_channel_state s = EDO_GRPC_IDLE;
    while (s != EDO_GRPC_READY) s = (edo_grpc_channel_state)edo_grpc_channel_wait_state(t->ch, s);
    edo_grpc_channel_close(t->ch);
    CHECK_EQ(edo_grpc_channel_wait_state(t->ch, EDO_GRPC_READY), EDO_GRPC_SHUTDOWN);
    CHECK_EQ(greet_of(t, &a), -EAGAIN);
    CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_UNAVAILABLE);
    asked_deinit(&a);
    CHECK_EQ(edo_grpc_channel_connect(t->ch), -EDO_ECLOSED);
    return grpc_site_end(t);
}

static void closed_channel_takes_no_calls(void **state) {
    (void)state;
    on_both(closes);
}

/* A page of a proxy, which has left the fields of a call where they were. */
static int responds_as_page_with_status(edo_web *w, edo_str path) {
    const edo_status status =
        path.ptr[5] == '5' ? EDO_STATUS_BAD_GATEWAY : EDO_STATUS_OK; // behind "/odd/"
    edo_response *res = edo_web_response(w);
    int err = edo_response_data(res, status, EDO_STR("text/html"), EDO_STR("<p>"));
    return err < 0 ? err
                   : edo_headers_append_named(&res->headers, EDO_STR("grpc-status"), EDO_STR("0"));
}

/* A status in the head, which is none where more follows: messages, for ever, or one and the
 * trailers, or nothing. */
static int responds_early(edo_web *w, edo_str path) {
    edo_response *res = edo_web_response(w);
    const bool is_good = edo_str_equal(path, EDO_STR("/odd/early-good"));
    const bool is_bare = is_good || edo_str_equal(path, EDO_STR("/odd/early-bare"));
    const bool is_empty = edo_str_equal(path, EDO_STR("/odd/early-empty"));
    const bool is_endless = edo_str_equal(path, EDO_STR("/odd/early-endless"));
    edo_stream *out = NULL;
    int err = edo_web_set_header(w, "content-type", "application/grpc");
    if (err == 0) err = edo_web_set_header(w, "grpc-status", is_good ? "0" : "5");
    edo_headers *last = is_bare ? NULL : edo_response_trailers(res);
    if (err == 0) err = edo_response_stream(res, &out, is_empty ? 0 : -1);
    if (err < 0 || is_bare) return err;
    if (is_empty) return edo_headers_append_named(last, EDO_STR("grpc-status"), EDO_STR("9"));
    do {
        err = edo_write_all(out, "\0\0\0\0\5\n\3Bob", 10);
    } while (err == 0 && is_endless);
    if (err == 0) err = edo_headers_append_named(last, EDO_STR("grpc-status"), EDO_STR("0"));
    return err;
}

static int responds_oddly(edo_web *w) {
    edo_str path = edo_web_path(w);
    if (edo_str_begins(path, EDO_STR("/odd/early"))) return responds_early(w, path);
    if (edo_str_equal(path, EDO_STR("/odd/page")))
        return edo_web_reply_text(w, EDO_STATUS_OK, "Hello");
    if (edo_str_equal(path, EDO_STR("/odd/none")))
        return edo_response_data(edo_web_response(w), EDO_STATUS_OK, EDO_STR("application/grpc"),
                                 EDO_STR(""));
    if (edo_str_equal(path, EDO_STR("/odd/cut")))
        return edo_response_data(edo_web_response(w), EDO_STATUS_OK, EDO_STR("application/grpc"),
                                 (edo_str){ "\0\0\0\0\7abc", 8 });
    if (edo_str_equal(path, EDO_STR("/odd/page-ok")) || edo_str_equal(path, EDO_STR("/odd/502-ok")))
        return responds_as_page_with_status(w, path);
    edo_status status;
    const size_t before = strlen("/odd/");
    int err = edo_status_parse(&status, (edo_str){ path.ptr + before, path.len - before });
    return err < 0 ? err : edo_web_reply_status(w, status);
}

static int is_foreign(void *arg) {
    static const struct {
        const char *path;
        edo_grpc_status status;
    } rows[] = {
        { "/odd/page", EDO_GRPC_UNKNOWN },
        { "/odd/none", EDO_GRPC_UNKNOWN },
        { "/odd/cut", EDO_GRPC_INTERNAL },
        { "/odd/400", EDO_GRPC_INTERNAL },
        { "/odd/401", EDO_GRPC_UNAUTHENTICATED },
        { "/odd/403", EDO_GRPC_PERMISSION_DENIED },
        { "/odd/404", EDO_GRPC_UNIMPLEMENTED },
        { "/odd/429", EDO_GRPC_UNAVAILABLE },
        { "/odd/503", EDO_GRPC_UNAVAILABLE },
        { "/odd/500", EDO_GRPC_UNKNOWN },
        { "/odd/502-ok", EDO_GRPC_UNAVAILABLE },
        { "/odd/page-ok", EDO_GRPC_UNKNOWN },
        { "/odd/431", EDO_GRPC_INTERNAL },
        { "/odd/early", EDO_GRPC_OK },
        { "/odd/early-bare", EDO_GRPC_NOT_FOUND },
        { "/odd/early-good", EDO_GRPC_UNKNOWN },
        { "/odd/early-empty", EDO_GRPC_FAILED_PRECONDITION },
        { "/odd/early-endless", EDO_GRPC_UNIMPLEMENTED },
        { "/nowhere/at/all", EDO_GRPC_UNIMPLEMENTED },
    };
    grpc_site *t = arg;
    grpc_site_begin(t, &greeter, responds_oddly);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        asked a = { .name = "Ann", .path = rows[i].path };
        int err = greet_of(t, &a);
        if (!a.call || edo_grpc_get_status(a.call) != rows[i].status)
            return edo_fail(-EIO, "%s: %d", rows[i].path, err);
        if (rows[i].path[1] == 'o' && rows[i].path[5] != 'e') // its fields came with no status
            CHECK_EQ(edo_headers_count(edo_grpc_trailers(a.call)), 0);
        asked_deinit(&a);
    }
    return grpc_site_end(t);
}

static void responses_of_others_have_a_status(void **state) {
    (void)state;
    in_memory(is_foreign);
}

/* A call over a connection that edo makes. */
static void is_reached(grpc_site *t, const char *scheme, const char *where, const char *authority) {
    char target[200];
    int n = snprintf(target, sizeof target, "%s%s", scheme, where);
    CHECK_EQ(edo_grpc_channel_new(&t->ch, (edo_str){ target, (size_t)n }, NULL), 0);
    asked a = { .name = "host" };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(edo_str_equal(a.reply.text, edo_str_of(authority)));
    asked_deinit(&a);
    edo_grpc_channel_unref(t->ch);
}

static int reaches(void *arg) {
    grpc_site *t = arg;
    char folder[] = "/tmp/edo-grpc-XXXXXX", path[64];
    grpc_site_serve(t, &greeter, NULL);
    is_reached(t, "", t->s.address, t->s.address);
    is_reached(t, "dns:///", t->s.address, t->s.address);
    is_reached(t, "ipv4:", t->s.address, t->s.address);
    CHECK_EQ(serve_end(&t->s), 0);
    memset(&t->s, 0, sizeof t->s);
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/s", folder);
    EDO_TEST_OK(edo_unix_listen(&t->s.listener, path, NULL));
    grpc_site_serve(t, &greeter, NULL);
    is_reached(t, "unix:", path, "localhost");
    is_reached(t, "unix://", path, "localhost");
    CHECK_EQ(serve_end(&t->s), 0);
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(rmdir(folder), 0);
    memset(&t->s, 0, sizeof t->s);
    (void)snprintf(path, sizeof path, "@edo-grpc-%d", (int)getpid());
    EDO_TEST_OK(edo_unix_listen(&t->s.listener, path, NULL));
    grpc_site_serve(t, &greeter, NULL);
    is_reached(t, "unix-abstract:", path + 1, "localhost");
    CHECK_EQ(serve_end(&t->s), 0);
    return 0;
}

static void targets_are_reached(void **state) {
    (void)state;
    grpc_site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside_real(reaches, t), 0);
    free(t);
}

static void targets_are_checked(void **state) {
    static const char *const bad[] = { "",
                                       "greeter",
                                       "dns:///",
                                       "dns://8.8.8.8/greeter:1",
                                       "greeter:x",
                                       "ipv4:greeter:1",
                                       "ipv4:1.2.3.4:5,",
                                       "ipv6:1.2.3.4:5",
                                       "unix:",
                                       "http://greeter:1",
                                       "[::1]" };
    static const char *const good[] = {
        "greeter:1",     "dns:///greeter:1",         "dns:greeter:1",
        "[::1]:5",       "ipv4:1.2.3.4:5,1.2.3.4:6", "ipv6:[::1]:5",
        "unix:a.sock",   "unix:///run/a.sock",       "unix-abstract:a",
        "static:a:1,b:2"
    };
    static const char *const bad_authorities[] = {
        "", "[", "[:1", "[]:1", ":1", "::1", "a:b", "a:1:2", "a/b", "a@b", "[::1]1", "[::1"
    };
    static const char *const good_authorities[] = { "a", "a:1", "[::1]", "[::1]:1" };
    edo_grpc_channel *ch;
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_grpc_channel_new(&ch, edo_str_of(bad[i]), NULL), -EINVAL);
    edo_trail_clear();
    assert_int_equal(edo_grpc_channel_new(&ch, EDO_STR("ann:s3@cret@greeter:1"), NULL), -EINVAL);
    assert_string_equal(edo_trail_find(-EINVAL)->text, "no target: greeter:1");
    for (size_t i = 0; i < EDO_COUNT(bad_authorities); i++) {
        const edo_grpc_channel_opts opts = { .authority = bad_authorities[i] };
        assert_int_equal(edo_grpc_channel_new(&ch, EDO_STR("greeter:1"), &opts), -EINVAL);
    }
    const edo_grpc_channel_opts in_clear = { .tls_name = "greeter" };
    assert_int_equal(edo_grpc_channel_new(&ch, EDO_STR("greeter:1"), &in_clear), -EINVAL);
    edo_trail_clear();
    for (size_t i = 0; i < EDO_COUNT(good_authorities); i++) {
        const edo_grpc_channel_opts opts = { .authority = good_authorities[i] };
        assert_int_equal(edo_grpc_channel_new(&ch, EDO_STR("greeter:1"), &opts), 0);
        edo_grpc_channel_unref(ch);
    }
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        assert_int_equal(edo_grpc_channel_new(&ch, edo_str_of(good[i]), NULL), 0);
        edo_grpc_channel_unref(ch);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_call_returns_the_reply),
        cmocka_unit_test(failure_has_its_status_message_and_trailers),
        cmocka_unit_test(failure_of_another_server_is_passed_on_with_its_details),
        cmocka_unit_test(metadata_go_both_ways),
        cmocka_unit_test(reply_beyond_the_limit_is_refused),
        cmocka_unit_test(messages_are_compressed_both_ways),
        cmocka_unit_test(time_of_a_call_is_told_and_kept),
        cmocka_unit_test(limit_of_a_route_that_has_passed_is_told),
        cmocka_unit_test(time_that_is_told_is_less_what_the_connection_took),
        cmocka_unit_test(server_that_is_not_there_is_unavailable),
        cmocka_unit_test(channel_connects_again),
        cmocka_unit_test(closed_channel_takes_no_calls),
        cmocka_unit_test(responses_of_others_have_a_status),
        cmocka_unit_test(targets_are_reached),
        cmocka_unit_test(targets_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
