/* SPDX-License-Identifier: MIT */
/* Goal: a described struct is filled from all parts of a request, and all that is wrong with them
 * is told at once; bodies come as bytes, text or a stream; responses stream, and are files, forms
 * and lines.
 * Method: a server on one thread, clients that send bytes. */
#include "web_server.h"

#include <unistd.h>

typedef struct user {
    edo_str name;
    uint8_t age;
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, name, .min_len = 1), EDO_FIELD(user, age, .max = 120))

typedef struct put_user {
    int64_t id;
    bool dry_run;
    edo_str x_tenant, session;
    user body;
    bool has_body;
} put_user;
EDO_DESCRIBE(put_user, EDO_FIELD(put_user, id, .in = EDO_IN_PATH, .min = 1),
             EDO_FIELD(put_user, dry_run),
             EDO_FIELD(put_user, x_tenant, .in = EDO_IN_HEADER, .max_len = 4),
             EDO_FIELD(put_user, session, .in = EDO_IN_COOKIE, .optional = true),
             EDO_FIELD_OF(put_user, body, user_desc, .in = EDO_IN_BODY, .optional = true,
                          EDO_HAS(put_user, has_body)))

static int takes_all(edo_web *w) {
    put_user p;
    char text[256];
    int err = edo_web_extract(w, &p, &put_user_desc);
    if (err < 0) return err;
    (void)snprintf(text, sizeof text, "%d %s %.*s %.*s %d %.*s %u", (int)p.id,
                   p.dry_run ? "dry" : "wet", (int)p.x_tenant.len, p.x_tenant.ptr,
                   (int)p.session.len, p.session.len ? p.session.ptr : "", p.has_body,
                   (int)p.body.name.len, p.body.name.len ? p.body.name.ptr : "", p.body.age);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

/* A body that may be missing, and then has its presets; and one that is text. */
typedef struct limits {
    uint32_t most;
    edo_str unit;
} limits;
EDO_DESCRIBE(limits, EDO_FIELD(limits, most, .preset = "50"),
             EDO_FIELD(limits, unit, .preset = "MiB"))
typedef struct put_limits {
    bool dry_run;
    limits body;
} put_limits;
EDO_DESCRIBE(put_limits, EDO_FIELD(put_limits, dry_run),
             EDO_FIELD_OF(put_limits, body, limits_desc, .in = EDO_IN_BODY, .optional = true))

static int takes_limits(edo_web *w) {
    put_limits p;
    int err = edo_web_extract(w, &p, &put_limits_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &p.body, &limits_desc);
}

typedef struct motto {
    edo_str text;
} motto;
EDO_DESCRIBE(motto, EDO_FIELD(motto, text, .in = EDO_IN_BODY, .optional = true, .preset = "unsaid"))

static int takes_motto(edo_web *w) {
    motto m;
    int err = edo_web_extract(w, &m, &motto_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &m, &motto_desc);
}

/* A form beside the path, and a body that is text. */
typedef struct vote {
    int64_t id, points;
    edo_str who;
} vote;
EDO_DESCRIBE(vote, EDO_FIELD(vote, id, .in = EDO_IN_PATH),
             EDO_FIELD(vote, points, .in = EDO_IN_FORM, .max = 5),
             EDO_FIELD(vote, who, .in = EDO_IN_FORM))

static int takes_vote(edo_web *w) {
    vote v;
    int err = edo_web_extract(w, &v, &vote_desc);
    return err < 0 ? err : edo_web_reply_form(w, EDO_STATUS_OK, &v, &vote_desc);
}

typedef struct note {
    int64_t id;
    edo_str text;
} note;
EDO_DESCRIBE(note, EDO_FIELD(note, id, .in = EDO_IN_PATH),
             EDO_FIELD(note, text, .in = EDO_IN_BODY, .max_len = 50))

static int takes_note(edo_web *w) {
    note n;
    int err = edo_web_extract(w, &n, &note_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &n, &note_desc);
}

/* Bytes as they are, with limits of their own, and a list from cookies. */
typedef struct blob {
    edo_bytes bytes;
    int64_t *c;
    size_t c_n;
} blob;
EDO_DESCRIBE(blob, EDO_FIELD(blob, bytes, .in = EDO_IN_BODY, .min_len = 2),
             EDO_FIELD_LIST(blob, c, c_n, .in = EDO_IN_COOKIE))

static int takes_blob(edo_web *w) {
    blob b;
    char text[64];
    int err = edo_web_extract(w, &b, &blob_desc);
    if (err < 0) return err;
    int n = snprintf(text, sizeof text, "%zu bytes", b.bytes.str.len);
    for (size_t i = 0; i < b.c_n; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, " %d", (int)b.c[i]);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

/* No body can be put there: what lies behind the number must not be written over. */
typedef struct number {
    int64_t n, behind;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n, .in = EDO_IN_BODY))

static int takes_number(edo_web *w) {
    number n = { 0 };
    int err = edo_web_extract(w, &n, &number_desc);
    CHECK_EQ(n.behind, 0);
    return err < 0 ? err : edo_web_reply_no_content(w);
}

/* The body can be in one place only. */
typedef struct doubled {
    edo_str text, more;
} doubled;
EDO_DESCRIBE(doubled, EDO_FIELD(doubled, text, .in = EDO_IN_BODY),
             EDO_FIELD(doubled, more, .in = EDO_IN_BODY, .preset = "x"))
typedef struct mixed {
    edo_str text, more;
} mixed;
EDO_DESCRIBE(mixed, EDO_FIELD(mixed, text, .in = EDO_IN_FORM, .optional = true),
             EDO_FIELD(mixed, more, .in = EDO_IN_BODY, .optional = true))

static int takes_body_twice(edo_web *w) {
    union {
        doubled d;
        mixed m;
    } out;
    const bool is_mixed = edo_web_route_arg(w) != NULL;
    edo_trail_clear();
    int err = edo_web_extract(w, &out, is_mixed ? &mixed_desc : &doubled_desc);
    CHECK_EQ(err, -ENOTSUP);
    const edo_trail_entry *why = edo_trail_find(err);
    CHECK(why && strstr(why->text, is_mixed ? "mixed: " : "doubled: "));
    CHECK(why && strstr(why->text, is_mixed ? "not both" : "more than one field"));
    return err;
}

/* A union: one of two things, and only one. */
typedef enum shape_tag { SHAPE_CIRCLE, SHAPE_SQUARE } shape_tag;
typedef struct shape {
    shape_tag tag;
    union {
        int64_t circle, square;
    };
} shape;
EDO_DESCRIBE_UNION(shape, tag, EDO_FIELD(shape, circle, .tag = SHAPE_CIRCLE),
                   EDO_FIELD(shape, square, .tag = SHAPE_SQUARE))
typedef struct drawing {
    shape form;
} drawing;
EDO_DESCRIBE(drawing, EDO_FIELD_OF(drawing, form, shape_desc))

static int takes_drawing(edo_web *w) {
    drawing d;
    int err = edo_web_json(w, &d, &drawing_desc);
    return err < 0 ? err : edo_web_reply_no_content(w);
}

/* The route has no capture of that name: the fault is the program's. */
typedef struct lost {
    int64_t none;
} lost;
EDO_DESCRIBE(lost, EDO_FIELD(lost, none, .in = EDO_IN_PATH))

static int takes_lost(edo_web *w) {
    lost l;
    int err = edo_web_params(w, &l, &lost_desc);
    return err < 0 ? err : edo_web_reply_no_content(w);
}

static int extracts_lost(edo_web *w) {
    lost l;
    int err = edo_web_extract(w, &l, &lost_desc);
    return err < 0 ? err : edo_web_reply_no_content(w);
}

/* A form that need not be there. */
typedef struct filter {
    edo_str word;
    bool is_exact, has_page;
    int64_t page;
} filter;
EDO_DESCRIBE(filter, EDO_FIELD(filter, word, .in = EDO_IN_FORM, .optional = true),
             EDO_FIELD(filter, is_exact, .in = EDO_IN_FORM),
             EDO_FIELD(filter, page, .in = EDO_IN_FORM, EDO_HAS(filter, has_page)))

static int takes_filter(edo_web *w) {
    filter f;
    int err = edo_web_extract(w, &f, &filter_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &f, &filter_desc);
}

/* Could do without the body, but then something else fails. */
static int fails_later(edo_web *w) {
    user u;
    int err = edo_web_json(w, &u, &user_desc);
    return err < 0 ? edo_fail(-EIO, "the disk") : edo_web_reply_no_content(w);
}

/* Goes on after a body that was too long: what is left of it is no body. */
static int tries_twice(edo_web *w) {
    user u;
    edo_str body = { 0 };
    int err = edo_web_json(w, &u, &user_desc);
    if (err == -EMSGSIZE) err = edo_web_body(w, &body);
    return err < 0 ? err : edo_web_reply_bytes(w, EDO_STATUS_OK, "x/y", body);
}

#define PUT_HEAD(target, more, length)                                                             \
    "PUT " target " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" more "content-length: " length   \
    "\r\n\r\n"
#define JSON "content-type: application/json\r\n"
#define TEN  "123456789 "

/* A request, and what its response has. */
typedef struct asked {
    const char *request, *status, *wanted;
} asked;

static int ask_all(edo_router *r, const asked *cases, size_t n) {
    web_served s = { .opts = { .body_max = 100 } };
    heard h;
    web_begin(&s, r);
    for (size_t i = 0; i < n; i++) {
        ask(&s.http, &h, cases[i].request);
        bool good = has(&h, cases[i].status) && has(&h, cases[i].wanted);
        if (!good) (void)fprintf(stderr, "%s:\n%s\n", cases[i].request, h.text);
        CHECK(good);
    }
    return web_end(&s);
}

static int extracted(void *arg) {
    static const asked cases[] = {
        { PUT_HEAD("/users/7?dry_run=true", JSON "X-Tenant: acme\r\ncookie: a=b; session=s1\r\n",
                   "22") "{\"name\":\"Ann\",\"age\":9}",
          " 200 ", "7 dry acme s1 1 Ann 9" },
        { PUT_HEAD("/users/7", "x-tenant: a\r\n", "0"), " 200 ", "7 wet a  0  0" },
        { PUT_HEAD("/users/x?dry_run=7", JSON "x-tenant: long-one\r\n",
                   "21") "{\"name\":\"\",\"age\":200}",
          " 400 ",
          "\"errors\":[{\"parameter\":\"id\",\"in\":\"path\",\"detail\":\"must be a whole "
          "number\"},"
          "{\"parameter\":\"x-tenant\",\"in\":\"header\",\"detail\":\"must have at most 4 bytes\"},"
          "{\"parameter\":\"dry_run\",\"in\":\"query\",\"detail\":\"must be true or false\"},"
          "{\"pointer\":\"#/name\",\"detail\":\"must have at least 1 byte\"},"
          "{\"pointer\":\"#/age\",\"detail\":\"must be at most 120\"}]" },
        { PUT_HEAD("/users/7", JSON "x-tenant: a\r\n", "11") "{\"age\":200}", " 422 ",
          "\"errors\":[{\"pointer\":\"#/age\"" },
        { PUT_HEAD("/users/7", JSON "x-tenant: a\r\n", "1") "{", " 400 ", "problem+json" },
        { PUT_HEAD("/users/7", "x-tenant: a\r\n", "2") "{}", " 415 ", "not application/json" },
        { PUT_HEAD("/users/7", "x-tenant: a\r\nx-tenant: b\r\n", "0"), " 400 ",
          "\"detail\":\"\\\"x-tenant\\\" must be there once only\",\"errors\":["
          "{\"parameter\":\"x-tenant\",\"in\":\"header\",\"detail\":\"must be there once only\"" },
        { PUT_HEAD("/votes/3", "content-type: application/x-www-form-urlencoded\r\n",
                   "19") "points=4&who=A%26B+",
          " 200 ", "id=3&points=4&who=A%26B%20" },
        { PUT_HEAD("/votes/3", "content-type: application/x-www-form-urlencoded\r\n",
                   "8") "points=6",
          " 422 ",
          "[{\"parameter\":\"points\",\"in\":\"form\",\"detail\":\"must be at most 5\"},"
          "{\"parameter\":\"who\",\"in\":\"form\",\"detail\":\"is missing\"}]" },
        { PUT_HEAD("/votes/3", JSON, "2") "{}", " 415 ", "x-www-form-urlencoded" },
        { PUT_HEAD("/notes/1", "", "6") "h\xc3\xa9llo", " 200 ", "\"text\":\"h\xc3\xa9llo\"" },
        { PUT_HEAD("/notes/1", "", "2") "h\xff", " 400 ", "not UTF-8" },
        { PUT_HEAD("/notes/1", "", "101"), " 413 ", "too long" },
        { PUT_HEAD("/notes/1", "", "51") "123456789 123456789 123456789 123456789 123456789 1",
          " 422 ", "[{\"pointer\":\"#\",\"detail\":\"must have at most 50 bytes\"}]" },
        { PUT_HEAD("/notes/x", "", "51") "123456789 123456789 123456789 123456789 123456789 1",
          " 400 ",
          "\"in\":\"path\",\"detail\":\"must be a whole number\"},"
          "{\"pointer\":\"#\",\"detail\":\"must have at most 50 bytes\"}]" },
        { PUT_HEAD("/blob", "cookie: c=1; d=9; c=2\r\ncookie: d=8\r\ncookie: c=3\r\n",
                   "2") "\x01\xff",
          " 200 ", "2 bytes 1 2 3" },
        { PUT_HEAD("/blob", "", "1") "x", " 422 ", "must have at least 2 bytes" },
        { PUT_HEAD("/number", "", "2") "42", " 500 ", "\"status\":500" },
        { PUT_HEAD("/doubled", "", "2") "42", " 500 ", "\"status\":500" },
        { PUT_HEAD("/mixed", "", "0"), " 500 ", "\"status\":500" },
    };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_put(r, "/users/{id}", takes_all);
    edo_router_put(r, "/votes/{id}", takes_vote);
    edo_router_put(r, "/notes/{id}", takes_note);
    edo_router_put(r, "/blob", takes_blob);
    edo_router_put(r, "/number", takes_number);
    edo_router_put(r, "/doubled", takes_body_twice);
    edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_PUT), "/mixed", takes_body_twice, r, NULL);
    return ask_all(r, cases, EDO_COUNT(cases));
}

static int preset(void *arg) {
    static const asked cases[] = {
        { PUT_HEAD("/limits?dry_run=true", "", "0"), " 200 ", "{\"most\":50,\"unit\":\"MiB\"}" },
        { PUT_HEAD("/limits", JSON, "10") "{\"most\":9}", " 200 ",
          "{\"most\":9,\"unit\":\"MiB\"}" },
        { PUT_HEAD("/motto", "", "0"), " 200 ", "{\"text\":\"unsaid\"}" },
        { PUT_HEAD("/motto", "", "4") "said", " 200 ", "{\"text\":\"said\"}" },
    };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_put(r, "/limits", takes_limits);
    edo_router_put(r, "/motto", takes_motto);
    return ask_all(r, cases, EDO_COUNT(cases));
}

static void body_that_is_missing_has_its_presets(void **state) {
    (void)state;
    assert_int_equal(inside(preset, NULL), 0);
}

static void struct_is_filled_from_all_parts_and_all_faults_are_told(void **state) {
    (void)state;
    assert_int_equal(inside(extracted, NULL), 0);
}

static int blamed(void *arg) {
    static const asked cases[] = {
        { PUT_HEAD("/drawing", JSON, "32") "{\"form\":{\"circle\":1,\"square\":2}}", " 422 ",
          "[{\"pointer\":\"#/form\",\"detail\":\"must have one member\"}]" },
        { PUT_HEAD("/lost/1", "", "0"), " 500 ", "\"status\":500" },
        { PUT_HEAD("/lost/1/all", "", "0"), " 500 ", "\"status\":500" },
        { PUT_HEAD("/filter", "content-type: application/x-www-form-urlencoded\r\n", "6") "word=a",
          " 200 ", "{\"word\":\"a\",\"is_exact\":false}" },
        { PUT_HEAD("/filter", "", "0"), " 200 ", "{\"is_exact\":false}" },
        { PUT_HEAD("/filter", JSON, "2") "{}", " 415 ", "x-www-form-urlencoded" },
        { PUT_HEAD("/later", JSON, "2") "{}", " 500 ", "\"status\":500" },
        { "PUT /twice HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" JSON
          "transfer-encoding: chunked\r\n\r\n"
          "65\r\n" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "1\r\n4\r\nrest\r\n0\r\n\r\n",
          " 413 ", "too long" },
    };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_put(r, "/drawing", takes_drawing);
    edo_router_put(r, "/lost/{id}", takes_lost);
    edo_router_put(r, "/lost/{id}/all", extracts_lost);
    edo_router_put(r, "/twice", tries_twice);
    edo_router_put(r, "/filter", takes_filter);
    edo_router_put(r, "/later", fails_later);
    return ask_all(r, cases, EDO_COUNT(cases));
}

static void client_is_blamed_for_its_own_faults_and_each_time(void **state) {
    (void)state;
    assert_int_equal(inside(blamed, NULL), 0);
}

/* ---- Parts by hand --------------------------------------------------------------------------- */

static int lists_captures(edo_web *w) {
    char text[256] = "";
    edo_str name;
    for (uint32_t i = 0; i < edo_web_params_count(w); i++) {
        edo_str value = edo_web_param_at(w, i, &name);
        size_t n = strlen(text);
        (void)snprintf(text + n, sizeof text - n, "%.*s=%.*s ", (int)name.len, name.ptr,
                       (int)value.len, value.ptr);
    }
    CHECK(!edo_web_param_at(w, edo_web_params_count(w), NULL).ptr);
    CHECK(edo_str_equal(edo_web_header(w, "HOST"), EDO_STR("x")) && !edo_web_header(w, "y").ptr);
    edo_connect_info ends;
    char peer[64];
    EDO_TEST_OK(edo_web_connect_info(w, &ends));
    CHECK(edo_addr_print(&ends.peer, peer, sizeof peer) > 0 && strstr(peer, "127.0.0.1:"));
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int reverses(edo_web *w) {
    edo_str body;
    int err = edo_web_body(w, &body);
    char *text = err < 0 ? NULL : edo_arena_text(edo_web_request(w)->arena, body.len);
    for (size_t i = 0; text && i < body.len; i++) text[i] = body.ptr[body.len - 1 - i];
    return err < 0 ? err
                   : edo_web_reply_bytes(w, EDO_STATUS_OK, "x/y", (edo_str){ text, body.len });
}

static int echoes_stream(edo_web *w) {
    edo_stream *in = edo_web_body_stream(w), *out = NULL;
    char buf[16];
    int n = edo_web_reply_stream(w, &out, EDO_STATUS_ACCEPTED, "text/x-echo");
    while (n >= 0 && (n = edo_read(in, buf, sizeof buf)) > 0)
        n = edo_write_all(out, buf, (size_t)n);
    return n;
}

static int sends_lines(edo_web *w) {
    static const user us[] = { { { "Ann", 3 }, 9 }, { { "B\n", 2 }, 120 } };
    edo_stream *out = NULL;
    int err = edo_web_reply_json_lines(w, &out);
    for (size_t i = 0; i < EDO_COUNT(us) && err == 0; i++)
        err = edo_web_send_json_line(out, &us[i], &user_desc);
    return err;
}

static int sends_file(edo_web *w) {
    EDO_TEST_OK(edo_web_set_attachment(w, EDO_STR("na\xc3\xafve \"x\".txt")));
    CHECK_EQ(edo_web_set_attachment(w, EDO_STR("a\nb")), -EINVAL);
    EDO_TEST_OK(edo_web_append_header(w, "link", "<a>"));
    EDO_TEST_OK(edo_web_append_header(w, "link", "<b>"));
    return edo_web_reply_file(w, "text/plain", edo_web_state(w));
}

static int sends_no_file(edo_web *w) {
    return edo_web_reply_file(w, "text/plain", "/none/such");
}

/* A reply of one's own is a function that makes one of those there are. */
static int reply_csv(edo_web *w, const int *numbers, size_t n) {
    edo_buf csv = { 0 };
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "%s%d", i ? "," : "", numbers[i]);
        err = edo_buf_append(&csv, text, (size_t)len);
    }
    edo_bytes body = edo_buf_freeze(&csv);
    if (err == 0)
        err = edo_response_bytes(edo_web_response(w), EDO_STATUS_OK, EDO_STR("text/csv"), &body);
    edo_bytes_unref(&body);
    return err;
}

static int sends_csv(edo_web *w) {
    static const int numbers[] = { 1, 22, 333 };
    return reply_csv(w, numbers, EDO_COUNT(numbers));
}

static int has_no_content(edo_web *w) {
    return edo_web_reply_no_content(w);
}

static int says_later(edo_web *w) {
    CHECK_EQ(edo_web_set_retry_after(w, edo_s(-1)), -EINVAL);
    EDO_TEST_OK(edo_web_set_retry_after(w, edo_ms(2500)));
    return edo_web_reply_problem(w, EDO_STATUS_TOO_MANY_REQUESTS, "slower, please");
}

static int by_hand(void *arg) {
    static const struct {
        const char *line, *body, *status, *wanted;
    } cases[] = {
        { "GET /l/1/a%20b", NULL, " 200 ", "a=1 b=a b " },
        { "POST /reverse", "abc", " 200 ", "cba" },
        { "POST /echo", "a long text that takes more than one read", " 202 ",
          "content-type: text/x-echo\r\n" },
        { "GET /lines", NULL, " 200 ", "content-type: application/x-ndjson\r\n" },
        { "GET /lines", NULL, " 200 ", "{\"name\":\"B\\n\",\"age\":120}\n" },
        { "GET /file", NULL, " 200 ", "content-length: 4\r\n" },
        { "GET /file", NULL, " 200 ", "filename*=UTF-8''na%C3%AFve%20%22x%22.txt\r\n" },
        { "GET /file", NULL, " 200 ", "link: <a>\r\nlink: <b>\r\n" },
        { "GET /none", NULL, " 404 ", "problem+json" },
        { "GET /csv", NULL, " 200 ", "content-type: text/csv\r\n" },
        { "GET /csv", NULL, " 200 ", "\r\n\r\n1,22,333" },
        { "GET /empty", NULL, " 204 ", "\r\n\r\n" },
        { "GET /later", NULL, " 429 ", "retry-after: 3\r\n" },
    };
    web_served s = { .opts = { .state = arg } };
    edo_router *r = edo_router_new();
    heard h;
    edo_router_get(r, "/l/{a}/{b}", lists_captures);
    edo_router_post(r, "/reverse", reverses);
    edo_router_post(r, "/echo", echoes_stream);
    edo_router_get(r, "/lines", sends_lines);
    edo_router_get(r, "/file", sends_file);
    edo_router_get(r, "/none", sends_no_file);
    edo_router_get(r, "/csv", sends_csv);
    edo_router_get(r, "/empty", has_no_content);
    edo_router_get(r, "/later", says_later);
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        web_ask(&s, &h, cases[i].line, NULL, cases[i].body);
        bool good = has(&h, cases[i].status) && has(&h, cases[i].wanted);
        if (!good) (void)fprintf(stderr, "%s:\n%s\n", cases[i].line, h.text);
        CHECK(good);
    }
    return web_end(&s);
}

static void parts_are_had_by_hand_and_responses_are_of_any_kind(void **state) {
    char path[] = "/tmp/edo-extract-XXXXXX";
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "file", 4) == 4 && close(fd) == 0);
    int err = inside_real(by_hand, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(err, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(struct_is_filled_from_all_parts_and_all_faults_are_told),
        cmocka_unit_test(body_that_is_missing_has_its_presets),
        cmocka_unit_test(client_is_blamed_for_its_own_faults_and_each_time),
        cmocka_unit_test(parts_are_had_by_hand_and_responses_are_of_any_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
