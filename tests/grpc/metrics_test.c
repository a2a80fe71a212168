/* SPDX-License-Identifier: MIT */
/* Goal: servers and clients count their calls by method and status, and strangers add no labels.
 * Method: calls of each end, over memory with a clock that jumps, and the text for Prometheus. */
#include "grpc_site.h"

#include <edo/metrics.h>

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    out->text = in->name;
    if (edo_str_equal(in->name, EDO_STR("slow"))) return edo_sleep(edo_s(3));
    if (edo_str_equal(in->name, EDO_STR("bug"))) return edo_grpc_fail(call, EDO_GRPC_INTERNAL, "!");
    if (edo_str_equal(in->name, EDO_STR("no status")))
        return edo_grpc_fail(call, (edo_grpc_status)200, "!");
    return in->name.len > 0 ? 0 : edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "nobody");
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    (void)in;
    int err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = EDO_STR("one") });
    return err < 0 ? err : edo_sleep(edo_hours(1));
}

static const hello_v1_greeter_ops greeter = { .greet = greet, .count = count };

static void asks(grpc_site *t, const char *name, const char *path, int code) {
    asked a = { .name = name, .path = path };
    CHECK_EQ(greet_of(t, &a), code);
    asked_deinit(&a);
}

/* Has the text a line that begins so? `labels` behind the system: "rpc_method=…". */
static bool shows(const edo_buf *text, const char *name, const char *labels, const char *value) {
    char line[400];
    (void)snprintf(line, sizeof line, "\n%s{rpc_system_name=\"grpc\",%s} %s\n", name, labels,
                   value);
    return strstr(text->ptr, line) != NULL;
}

#define LABELS(method, status, error)                                                              \
    "rpc_method=\"" method "\",rpc_status_code=\"" status "\",error_type=\"" error "\""
#define GREET "hello.v1.Greeter/Greet"

static void check_numbers(const edo_buf *text) {
#define SERVER "rpc_server_call_duration_seconds"
#define CLIENT "rpc_client_call_duration_seconds"
    CHECK(shows(text, SERVER "_count", LABELS(GREET, "OK", ""), "2"));
    CHECK(shows(text, SERVER "_sum", LABELS(GREET, "OK", ""), "3"));
    CHECK(shows(text, CLIENT "_sum", LABELS(GREET, "OK", ""), "3"));
    CHECK(shows(text, SERVER "_count", LABELS(GREET, "NOT_FOUND", ""), "1"));
    CHECK(shows(text, CLIENT "_count", LABELS(GREET, "NOT_FOUND", "NOT_FOUND"), "1"));
    CHECK(shows(text, SERVER "_count", LABELS(GREET, "INTERNAL", "INTERNAL"), "1"));
    CHECK(shows(text, CLIENT "_count", LABELS(GREET, "INTERNAL", "INTERNAL"), "1"));
    CHECK(shows(text, SERVER "_count", LABELS(GREET, "UNKNOWN", "UNKNOWN"), "1"));
    CHECK(shows(text, SERVER "_count", LABELS("_OTHER", "UNIMPLEMENTED", "UNIMPLEMENTED"), "2"));
    CHECK(strstr(text->ptr, SERVER) &&
          !strstr(text->ptr,
                  SERVER "_count{rpc_system_name=\"grpc\",rpc_method=\"hello.v1.Greeter/Od"));
    CHECK(shows(text, CLIENT "_count", LABELS("hello.v1.Greeter/Count", "CANCELLED", "CANCELLED"),
                "1"));
    CHECK(shows(text, SERVER "_count", LABELS("hello.v1.Greeter/Count", "CANCELLED", ""), "1"));
}

static int counts(void *arg) {
    grpc_site *t = arg;
    edo_metrics *numbers;
    edo_grpc_call *call;
    hello_v1_reply reply;
    edo_buf text = { 0 };
    CHECK_EQ(edo_metrics_new(&numbers, NULL), 0);
    t->opts.metrics = t->service.metrics = numbers;
    grpc_site_begin(t, &greeter, NULL);
    asks(t, "Ann", NULL, 0);
    asks(t, "slow", NULL, 0);
    asks(t, "", NULL, -ENOENT);
    asks(t, "bug", NULL, -EPROTO);
    asks(t, "no status", NULL, -EIO);
    asks(t, "x", "/hello.v1.Greeter/Odd", -ENOTSUP);
    asks(t, "x", "/hello.v1.Greeter/Odder", -ENOTSUP);
    CHECK_EQ(hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ .name = { 0 } }, NULL), 0);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 1);
    edo_grpc_call_free(call);
    CHECK_EQ(edo_sleep(edo_s(1)), 0); // the handler ends
    CHECK_EQ(edo_metrics_print(numbers, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    check_numbers(&text);
    edo_buf_deinit(&text);
    CHECK_EQ(grpc_site_end(t), 0);
    CHECK_EQ(edo_sleep(edo_s(1)), 0); // the channel's connections have ended
    edo_metrics_free(numbers);
    return 0;
}

static void calls_are_counted_by_method_and_status(void **state) {
    (void)state;
    in_memory(counts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_counted_by_method_and_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
