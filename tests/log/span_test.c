/* SPDX-License-Identifier: MIT */
/* Goal: lines name the spans they are in, with what was said of them; spans follow a task over its
 * awaits, and to what it starts; their ends are told with the result.
 * Method: lines are read back from a pipe; programs on every kind of runtime. */
#include <edo/blocking.h>
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/value.h>

#define EDO_TARGET "shop"
#include <edo/receiver.h>
#include <edo/span.h>

#include "fail_alloc.h"
#include "inside.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int log_ends[2];
static char said[1 << 16];

static void open_log(edo_log_format format, bool tells_ends, const char *filter) {
    assert_int_equal(pipe2(log_ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(edo_log_start(&(edo_log_opts){ .fd = log_ends[1],
                                                    .format = format,
                                                    .filter = filter,
                                                    .spans = tells_ends,
                                                    .ignore_env = true,
                                                    .no_time = true }),
                     0);
}

/* What was written; the log is stopped. */
static const char *close_log(void) {
    edo_log_stop();
    ssize_t n = read(log_ends[0], said, sizeof said - 1);
    said[n > 0 ? n : 0] = '\0';
    (void)close(log_ends[0]);
    (void)close(log_ends[1]);
    return said;
}

static void expect_said(const char *text) {
    if (!strstr(said, text)) fail_msg("missing: %s\nin: %s", text, said);
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static int find(int id, const char *name) {
    EDO_FN_SPAN(EDO_KV("id", id), EDO_KV("name", name));
    edo_info("looking");
    if (id < 0) return EDO_RET(-ENOENT);
    edo_span_record(edo_span_current(), EDO_KV("rows", 3));
    edo_info("found");
    return EDO_RET(id);
}

static void in_blocks(void) {
    char name[] = "ann";
    EDO_SPAN(b, edo_info_span("serve", EDO_KV("path", "/a b")));
    name[0] = 'A';
    CHECK_EQ(find(7, name), 7);
    CHECK_EQ(find(-1, NULL), -ENOENT);
    edo_info("done");
}

static void lines_name_the_spans_they_are_in(void **state) {
    (void)state;
    open_log(EDO_LOG_TEXT, true, "info");
    in_blocks();
    edo_info("outside");
    (void)close_log();
    expect_said(" INFO shop: looking span=serve{path=\"/a b\"}:find{id=7 name=\"Ann\"}\n");
    expect_said(" INFO shop: found span=serve{path=\"/a b\"}:find{id=7 name=\"Ann\" rows=3}\n");
    expect_said(" INFO shop: looking span=serve{path=\"/a b\"}:find{id=-1 name=null}\n");
    expect_said(" INFO shop: done span=serve{path=\"/a b\"}\n");
    expect_said(" INFO shop: outside\n");
    expect_said(" INFO shop: ended took_us=");
    expect_said(" error=\"ENOENT\" span=serve{path=\"/a b\"}:find{id=-1 name=null}\n");
}

static void json_has_ids_and_ends(void **state) {
    (void)state;
    open_log(EDO_LOG_JSON, true, "info");
    in_blocks();
    (void)close_log();
    expect_said("\"message\":\"found\",\"trace_id\":\"");
    expect_said("\"spans\":[{\"name\":\"serve\",\"fields\":{\"path\":\"/a b\"}},"
                "{\"name\":\"find\",\"fields\":{\"id\":7,\"name\":\"Ann\",\"rows\":3}}]");
    expect_said("\"ended\":{\"name\":\"find\",\"id\":\"");
    expect_said(",\"parent\":\"");
    expect_said(",\"error\":\"ENOENT\"}");
}

static void spans_that_are_off_are_none(void **state) {
    (void)state;
    int evaluated = 0;
    open_log(EDO_LOG_TEXT, true, "shop=info,other=debug");
    {
        EDO_SPAN(b, edo_debug_span("quiet", EDO_KV("n", ++evaluated)));
        assert_null(edo_span_current());
        edo_span_record(edo_span_current(), EDO_KV("n", 1));
        edo_info("a line");
        assert_int_equal(edo_span_end(&b, 5), 5);
    }
    (void)close_log();
    assert_string_equal(said, " INFO shop: a line\n");
    assert_int_equal(evaluated, 0);
}

/* ---- Described values ------------------------------------------------------------------------ */

typedef struct customer {
    int id;
    char *name;
    char *password;
} customer;

EDO_DESCRIBE(customer, EDO_FIELD(customer, id), EDO_FIELD(customer, name),
             EDO_FIELD(customer, password, .secret = true))

typedef struct order {
    customer by;
    int *items;
    size_t items_n;
    double price;
    edo_duration within;
} order;

EDO_DESCRIBE(order, EDO_FIELD_OF(order, by, customer_desc), EDO_FIELD_LIST(order, items, items_n),
             EDO_FIELD(order, price), EDO_FIELD(order, within))

static char ann[] = "ann \"a\"", secret[] = "hidden";
static int items[] = { 1, 2 };

static void described_values_are_fields_with_secrets_masked(void **state) {
    const order o = { { 7, ann, secret }, items, 2, 1.5, edo_s(90) };
    (void)state;
    for (int form = EDO_LOG_TEXT; form <= (int)EDO_LOG_JSON; form++) {
        open_log((edo_log_format)form, false, "info");
        {
            EDO_SPAN(b, edo_info_span("place", EDO_KV_OF("order", &o, &order_desc)));
            edo_span_record(edo_span_current(), EDO_KV_OF("who", &o.by, &customer_desc));
            edo_info_kv("placed", EDO_KV_OF("by", &o.by, &customer_desc), EDO_KV("n", 1),
                        EDO_KV_OF("none", NULL, &order_desc));
        }
        (void)close_log();
#define ANN "{\"id\":7,\"name\":\"ann \\\"a\\\"\",\"password\":\"***\"}"
        expect_said(form == (int)EDO_LOG_JSON ? "\"fields\":{\"by\":" ANN ",\"n\":1,\"none\":null}"
                                              : "placed by=" ANN
                                                " n=1 none=null span=place{order=");
        expect_said("{\"by\":" ANN ",\"items\":[1,2],\"price\":1.5,\"within\":\"1m30s\"}");
        expect_said(form == (int)EDO_LOG_JSON ? "\"who\":" ANN : " who=" ANN);
        assert_null(strstr(said, "hidden"));
    }
}

static void described_values_without_memory_are_null(void **state) {
    const customer c = { 7, ann, secret };
    (void)state;
    open_log(EDO_LOG_TEXT, false, "info");
    for (int fails = 1; fails <= 2; fails++) {
        fail_alloc_in = fails;
        edo_info_kv("a line", EDO_KV_OF("by", &c, &customer_desc));
        fail_alloc_in = 0;
    }
    (void)close_log();
    assert_string_equal(said, " INFO shop: a line by=null\n INFO shop: a line by=null\n");
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static int child(void *arg) {
    (void)arg;
    int err = edo_yield();
    edo_info("child");
    return err;
}

static int job(void *arg) {
    (void)arg;
    edo_info("job");
    return 0;
}

static int fails(void *arg) {
    (void)arg;
    edo_info("fails");
    return edo_fail(-EIO, "a file");
}

static edo_polled machine_poll(void *arg, edo_cx *cx, int *result) {
    int *left = arg;
    *result = 0;
    edo_info("machine %d", *left);
    if ((*left)-- == 0) return EDO_READY;
    edo_waker_wake(edo_cx_waker(cx));
    return EDO_PENDING;
}

static int starts(void *arg) {
    int left = 1;
    edo_poll_fn_future f;
    edo_instrument_future in;
    (void)arg;
    EDO_SPAN(b, edo_info_span("outer"));
    edo_task *t = edo_spawn(child, NULL);
    edo_span *own = edo_info_span("own", EDO_KV("n", 1));
    edo_task *u = edo_spawn_with(fails, NULL, &(edo_spawn_opts){ .span = own });
    edo_span_unref(own);
    CHECK_EQ(edo_blocking(job, NULL), 0);
    edo_future *inner = edo_poll_fn_init(&f, machine_poll, &left);
    CHECK_EQ(edo_await(edo_instrument_init(&in, inner, edo_info_span("polled"))), 0);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(edo_task_join(u), -EIO);
    const edo_trail_entry *e = edo_trail_find(-EIO);
    CHECK(e && e->span && strcmp(e->span, "own") == 0);
    edo_trail_clear();
    own = edo_span_new(EDO_LEVEL_INFO, EDO_TARGET, NULL, (), "alone");
    t = edo_spawn_with(child, NULL, &(edo_spawn_opts){ .span = own, .no_context = true });
    edo_span_unref(own);
    return edo_task_join(t);
}

static void spans_follow_tasks_jobs_and_futures(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        open_log(EDO_LOG_TEXT, true, "shop=info");
        assert_int_equal(inside_with(starts, NULL, &kinds[i]), 0);
        (void)close_log();
        expect_said("child span=outer task=");
        expect_said("child span=alone task=");
        expect_said("job span=outer");
        expect_said("machine 1 span=outer:polled");
        expect_said("machine 0 span=outer:polled");
        expect_said("fails span=outer:own{n=1}");
        expect_said("error=\"EIO\" span=outer:own{n=1}");
    }
}

/* Within `place`, which ends first. */
static int leaves_a_task(void *arg) {
    edo_task **t = arg;
    EDO_SPAN(b, edo_info_span("place", EDO_KV("customer", 7)));
    edo_span *own = edo_debug_span("own");
    *t = edo_spawn_with(child, NULL, &(edo_spawn_opts){ .span = own });
    edo_span_unref(own);
    return 0;
}

static int joins_it(void *arg) {
    edo_task *t = NULL;
    (void)arg;
    CHECK_EQ(leaves_a_task(&t), 0);
    return edo_task_join(t);
}

/* At the end of a task no span is open. */
static void a_filter_by_span_is_told_of_the_end_of_a_tasks_span(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        open_log(EDO_LOG_TEXT, true, "warn,shop[place{customer=7}]=trace");
        assert_int_equal(inside_with(joins_it, NULL, &kinds[i]), 0);
        (void)close_log();
        expect_said("child span=place{customer=7}:own task=");
        const char *ended = strstr(said, "DEBUG shop: ended took_us=");
        assert_non_null(ended);
        assert_non_null(strstr(ended, " span=place{customer=7}:own"));
    }
}

static int parks(void *arg) {
    EDO_SPAN(b, edo_info_span("serve"));
    EDO_SPAN(c, edo_info_span("place"));
    return edo_notify_wait(arg);
}

static int dumps(void *arg) {
    edo_notify n = EDO_NOTIFY_INIT;
    FILE *out = fmemopen(said, sizeof said, "w");
    (void)arg;
    edo_task *t = edo_spawn(parks, &n);
    CHECK_EQ(edo_yield(), 0);
    CHECK(out != NULL);
    edo_dump_tasks(out);
    (void)fclose(out);
    edo_notify_one(&n);
    return edo_task_join(t);
}

static void a_dump_names_the_spans_of_a_task(void **state) {
    (void)state;
    open_log(EDO_LOG_TEXT, false, "info");
    assert_int_equal(inside(dumps, NULL), 0);
    edo_log_stop();
    expect_said("fiber, in serve:place");
    (void)close_log();
}

/* ---- Over machines --------------------------------------------------------------------------- */

#define PARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static void a_trace_goes_on_from_machine_to_machine(void **state) {
    char text[EDO_TRACEPARENT_BYTES];
    (void)state;
    open_log(EDO_LOG_JSON, false, "info");
    edo_span *from = edo_span_remote(EDO_STR(PARENT));
    assert_non_null(from);
    {
        EDO_SPAN(b, edo_span_new(EDO_LEVEL_INFO, NULL, from, (), "served"));
        assert_int_equal(edo_span_traceparent(edo_span_current(), text), 55);
        assert_memory_equal(text, PARENT, 36);
        assert_memory_not_equal(text, PARENT, 52);
        edo_info("here");
    }
    {
        EDO_SPAN(a, edo_span_ref(from)); // open for a block: it is not here that it ends
        EDO_SPAN(b, edo_info_span("within"));
        assert_int_equal(edo_span_traceparent(edo_span_current(), text), 55);
        assert_memory_equal(text, PARENT, 36);
    }
    edo_span_unref(from);
    (void)close_log();
    expect_said("\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"");
    expect_said("\"spans\":[{\"name\":\"served\"}]");
    static const char *const bad[] = { "", "00-", (PARENT "-x"),
                                       "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                       "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) assert_null(edo_span_remote(edo_str_of(bad[i])));
    assert_int_equal(edo_span_traceparent(NULL, text), 0);
}

/* By half of its number a trace is sampled, and both tell it from others. */
static void each_trace_has_a_number_of_its_own(void **state) {
    char first[EDO_TRACEPARENT_BYTES], second[EDO_TRACEPARENT_BYTES];
    (void)state;
    open_log(EDO_LOG_JSON, false, "info");
    {
        EDO_SPAN(a, edo_info_span("one"));
        assert_int_equal(edo_span_traceparent(edo_span_current(), first), 55);
    }
    {
        EDO_SPAN(b, edo_info_span("two"));
        assert_int_equal(edo_span_traceparent(edo_span_current(), second), 55);
    }
    (void)close_log();
    assert_memory_not_equal(first + 3, second + 3, 16);
    assert_memory_not_equal(first + 19, second + 19, 16);
}

/* ---- Sampling -------------------------------------------------------------------------------- */

#define NAMES_BYTES 256

static void note_end(void *arg, const edo_event *e) {
    char *names = arg;
    size_t n = strlen(names);
    assert_non_null(e->ended);
    (void)snprintf(names + n, NAMES_BYTES - n, "%s ", edo_span_name(e->ended));
}

static edo_receiver *exporter(char *names) {
    static const edo_receiver_ops ops = { .event = note_end };
    const edo_receiver_opts opts = { .filter = "info", .spans = true, .sampled = true };
    edo_receiver *r;
    assert_int_equal(edo_log_add(&r, &ops, names, &opts), 0);
    return r;
}

static bool is_evaluated;

static uint64_t evaluate(void) {
    is_evaluated = true;
    return 7;
}

/* Two spans, of which the outer one's fields are looked at. Was the inner one made? */
static bool two_spans(edo_span *from, char *traceparent) {
    is_evaluated = false;
    EDO_SPAN(a, edo_span_new(EDO_LEVEL_INFO, EDO_TARGET, from, (EDO_KV("n", evaluate())), "outer"));
    assert_int_equal(edo_span_traceparent(edo_span_current(), traceparent), 55);
    edo_span_record(edo_span_current(), EDO_KV("more", 1));
    EDO_SPAN(b, edo_info_span("inner"));
    return b.span != NULL;
}

static void what_is_not_sampled_costs_an_exporter_nothing(void **state) {
    char names[NAMES_BYTES] = "", text[EDO_TRACEPARENT_BYTES];
    (void)state;
    edo_receiver *r = exporter(names);
    edo_span_sample(0);
    assert_false(two_spans(NULL, text));
    assert_false(is_evaluated);
    assert_string_equal(text + 52, "-00");
    edo_span *from = edo_span_remote(EDO_STR(PARENT));
    assert_true(two_spans(from, text)); // as the other program has decided
    assert_string_equal(text + 52, "-01");
    edo_span_unref(from);
    assert_string_equal(names, "inner outer ");
    from = edo_span_remote(EDO_STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
    assert_false(two_spans(from, text));
    assert_memory_equal(text, PARENT, 36);
    edo_span_unref(from);
    open_log(EDO_LOG_TEXT, true, "info"); // wants them all
    assert_true(two_spans(NULL, text));
    assert_true(is_evaluated);
    assert_string_equal(text + 52, "-00");
    (void)close_log();
    expect_said("inner");
    edo_span_sample(1);
    assert_true(two_spans(NULL, text));
    assert_string_equal(text + 52, "-01");
    assert_string_equal(names, "inner outer inner outer ");
    edo_log_remove(r);
}

/* ---- Bounds ---------------------------------------------------------------------------------- */

static void nest(unsigned depth) {
    EDO_SPAN(b, edo_info_span("level", EDO_KV("depth", depth)));
    if (depth > 0) nest(depth - 1);
    if (depth == 0) edo_info("deep");
}

static void long_and_many_spans_leave_the_line_whole(void **state) {
    char long_text[3000];
    (void)state;
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    open_log(EDO_LOG_JSON, false, "info");
    nest(100);
    {
        EDO_SPAN(b, edo_info_span("long", EDO_KV("a", long_text), EDO_KV("b", long_text)));
        for (int i = 0; i < 20; i++) edo_span_record(edo_span_current(), EDO_KV("c", long_text));
        edo_info("short");
    }
    (void)close_log();
    expect_said("{\"name\":\"level\",\"fields\":{\"depth\":0}}],\"cut\":true}\n");
    assert_null(strstr(said, "\"depth\":16"));
    expect_said("\"message\":\"short\",\"trace_id\":\"");              // the numbers have room
    expect_said("\",\"spans\":[{\"name\":\"long\"}],\"cut\":true}\n"); // the name has, too
}

static void queries(unsigned depth, const char *text) {
    EDO_SPAN(b, edo_info_span("query", EDO_KV("depth", depth), EDO_KV("text", text)));
    if (depth > 0) queries(depth - 1, text);
    if (depth == 0) edo_info("deep");
}

/* `lines` are ends of spans, in JSON: those for which the pipe had room. */
static void ends_name_spans(char *lines) {
    unsigned n = 0;
    char *left = NULL;
    for (char *line; (line = strtok_r(n == 0 ? lines : NULL, "\n", &left)); n++)
        assert_true(strstr(line, ",\"ended\":{") && strstr(line, ",\"spans\":["));
    assert_true(n > 0);
}

/* Those of the outer spans are left out first. */
static void fields_that_have_no_room_leave_the_names_of_their_spans(void **state) {
    char text[900];
    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    for (int format = EDO_LOG_TEXT; format <= EDO_LOG_COMPACT; format++) {
        unsigned names_n = 0, fields_n = 0;
        open_log((edo_log_format)format, true, "info");
        queries(11, text);
        char *line = strstr(close_log(), "deep");
        assert_non_null(line);
        *strchr(line, '\n') = '\0';
        for (const char *at = line; (at = strstr(at, "query")); at++) names_n++;
        for (const char *at = line; (at = strstr(at, "xxx\"")); at++) fields_n++;
        assert_int_equal(names_n, 12);
        assert_int_equal(fields_n, format == EDO_LOG_COMPACT ? 0 : 8);
        assert_int_equal(strstr(line, format == EDO_LOG_JSON ? "\"cut\":true" : " ...") != NULL,
                         format != EDO_LOG_COMPACT);
        if (format == EDO_LOG_JSON) ends_name_spans(line + strlen(line) + 1);
    }
}

static void a_line_says_that_there_are_spans_that_it_does_not_name(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 70; n++) {
        open_log(EDO_LOG_TEXT, false, "info");
        nest(n - 1);
        const char *line = close_log();
        assert_int_equal(strstr(line, " ...\n") != NULL, n > 16);
    }
}

static int count_field(void *arg, const edo_kv *field) {
    (void)field;
    ++*(unsigned *)arg;
    return 0;
}

static void a_span_that_lives_long_keeps_so_many_fields(void **state) {
    unsigned n = 0;
    (void)state;
    open_log(EDO_LOG_TEXT, false, "info");
    edo_span *s = edo_info_span("stream", EDO_KV("first", 1));
    for (unsigned i = 0; i < 10000; i++) edo_span_record(s, EDO_KV("message", i));
    (void)edo_span_each_field(s, count_field, &n);
    edo_span_unref(s);
    (void)close_log();
    assert_int_equal(n, 1 + 128);
}

/* Each starts the next one in its span, as a task that starts itself again does. */
static void spans_within_each_other_for_ever_are_let_go(void **state) {
    char first[EDO_TRACEPARENT_BYTES], last[EDO_TRACEPARENT_BYTES];
    unsigned kept_n = 0;
    (void)state;
    open_log(EDO_LOG_TEXT, false, "info");
    edo_span *s = edo_info_span("tick");
    assert_true(edo_span_traceparent(s, first) > 0);
    for (unsigned i = 0; i < 100000; i++) {
        edo_span *next = edo_span_new(EDO_LEVEL_INFO, "shop", s, (), "tick");
        assert_non_null(next);
        edo_span_unref(s);
        s = next;
    }
    assert_true(edo_span_traceparent(s, last) > 0);
    assert_memory_equal(first, last, 36); // of one trace
    for (const edo_span *at = s; (at = edo_span_parent(at));) kept_n++;
    assert_in_range(kept_n, 0, 32);
    edo_span_unref(s); // on a stack that is small
    (void)close_log();
}

static void a_span_that_is_shared_ends_once(void **state) {
    edo_span_block one, two;
    (void)state;
    open_log(EDO_LOG_TEXT, true, "info");
    edo_span *s = edo_info_span("shared");
    edo_span_begin(&one, edo_span_ref(s));
    assert_int_equal(edo_span_end(&one, -ENOENT), -ENOENT);
    edo_span_begin(&two, edo_span_ref(s));
    assert_int_equal(edo_span_end(&two, 7), 7);
    assert_int_equal(edo_span_result(s), -ENOENT);
    edo_span_unref(s);
    const char *ended = strstr(close_log(), "ended");
    assert_non_null(ended);
    assert_null(strstr(ended + 1, "ended"));
}

static void without_memory_a_span_is_none(void **state) {
    (void)state;
    open_log(EDO_LOG_TEXT, true, "info");
    fail_alloc_in = 1;
    {
        EDO_SPAN(b, edo_info_span("none", EDO_KV("a", 1)));
        assert_null(edo_span_current());
    }
    fail_alloc_in = 0;
    {
        EDO_SPAN(b, edo_info_span("some"));
        fail_alloc_in = 1;
        edo_span_record(edo_span_current(), EDO_KV("a", 1));
        fail_alloc_in = 0;
        edo_info("a line");
    }
    (void)close_log();
    expect_said("a line span=some\n");
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_name_the_spans_they_are_in),
        cmocka_unit_test(json_has_ids_and_ends),
        cmocka_unit_test(spans_that_are_off_are_none),
        cmocka_unit_test(described_values_are_fields_with_secrets_masked),
        cmocka_unit_test(described_values_without_memory_are_null),
        cmocka_unit_test(spans_follow_tasks_jobs_and_futures),
        cmocka_unit_test(a_filter_by_span_is_told_of_the_end_of_a_tasks_span),
        cmocka_unit_test(a_dump_names_the_spans_of_a_task),
        cmocka_unit_test(a_trace_goes_on_from_machine_to_machine),
        cmocka_unit_test(each_trace_has_a_number_of_its_own),
        cmocka_unit_test(what_is_not_sampled_costs_an_exporter_nothing),
        cmocka_unit_test(long_and_many_spans_leave_the_line_whole),
        cmocka_unit_test(a_line_says_that_there_are_spans_that_it_does_not_name),
        cmocka_unit_test(fields_that_have_no_room_leave_the_names_of_their_spans),
        cmocka_unit_test(a_span_that_lives_long_keeps_so_many_fields),
        cmocka_unit_test(spans_within_each_other_for_ever_are_let_go),
        cmocka_unit_test(a_span_that_is_shared_ends_once),
        cmocka_unit_test(without_memory_a_span_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
