/* SPDX-License-Identifier: MIT */
/* Goal: what a request is decoded into takes no more memory than the server lets it, however few
 * bytes say it, and a long form leaves others their turns.
 * Method: bodies that say much with little, to routers in this process. */
#include "web_asked.h"

#include <edo/json.h>

/* A struct of 1 KiB and a text of 256 bytes, each of which two or three bytes of a body make. */
typedef struct large {
    char name[1024];
} large;
EDO_DESCRIBE(large, EDO_FIELD(large, name, .optional = true))
typedef struct much {
    large *all;
    size_t all_n;
} much;
EDO_DESCRIBE(much, EDO_FIELD_LIST_OF(much, all, all_n, large_desc))
typedef struct texts {
    char (*all)[256];
    size_t all_n;
} texts;
EDO_DESCRIBE(texts, EDO_FIELD_LIST(texts, all, all_n))
typedef struct part {
    much body;
} part;
EDO_DESCRIBE(part, EDO_FIELD_OF(part, body, much_desc, .in = EDO_IN_BODY))

static int reply_count(edo_web *w, int err, size_t n) {
    char text[64];
    (void)snprintf(text, sizeof text, "%zu, %s", n,
                   edo_web_request(w)->arena->bytes_max ? "bounded" : "free");
    return err < 0 ? err : edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int takes_json(edo_web *w) {
    much m = { 0 };
    int err = edo_web_json(w, &m, &much_desc);
    return reply_count(w, err, m.all_n);
}

static int takes_part(edo_web *w) {
    part p = { 0 };
    int err = edo_web_extract(w, &p, &part_desc);
    return reply_count(w, err, p.body.all_n);
}

static int takes_form(edo_web *w) {
    texts t = { 0 };
    int err = edo_web_form(w, &t, &texts_desc);
    return reply_count(w, err, t.all_n);
}

static edo_router *all_ways(void) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/json", takes_json);
    edo_router_post(r, "/part", takes_part);
    edo_router_post(r, "/form", takes_form);
    return r;
}

/* A body of `n` elements. */
static edo_buf body_of(bool is_form, size_t n) {
    edo_buf b = { 0 };
    EDO_TEST_OK(edo_buf_append(&b, "{\"all\":[", is_form ? 0 : 8));
    for (size_t i = 0; i < n; i++)
        EDO_TEST_OK(
            edo_buf_append(&b, is_form ? "all&" : "{},", i + 1 < n || is_form ? 4 - !is_form : 2));
    EDO_TEST_OK(edo_buf_append(&b, "]}", is_form ? 0 : 2));
    return b;
}

/* Posts `n` elements; returns the status, and checks the body of a 200. */
static int post(edo_router *r, const char *path, size_t n, const edo_web_opts *opts) {
    bool is_form = strcmp(path, "/form") == 0;
    edo_oneshot got;
    edo_headers headers;
    char wanted[64];
    edo_buf body = body_of(is_form, n);
    edo_headers_init(&headers);
    EDO_TEST_OK(edo_headers_set(&headers, EDO_HEADER_CONTENT_TYPE,
                                is_form ? EDO_STR("application/x-www-form-urlencoded")
                                        : EDO_STR("application/json")));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = edo_str_of(path),
                                   .headers = &headers,
                                   .data = { body.ptr, body.len } };
    EDO_TEST_OK(edo_web_oneshot(&got, r, &req, opts));
    int status = (int)got.status;
    (void)snprintf(wanted, sizeof wanted, "%zu, free", n);
    if (status == 200) CHECK(strcmp(got.body.ptr, wanted) == 0);
    if (status == 413) CHECK(strstr(got.body.ptr, "would take too much memory") != NULL);
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&headers);
    edo_buf_deinit(&body);
    return status;
}

static int bounded(void *arg) {
    static const char *const paths[] = { "/json", "/part", "/form" };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(paths); i++) {
        edo_router *r = all_ways();
        CHECK_EQ(post(r, paths[i], 100, NULL), 200);
        CHECK_EQ(post(r, paths[i], 300000, NULL), 413); // 75 to 300 MB
        CHECK_EQ(post(r, paths[i], 300000, &(edo_web_opts){ .decoded_max = 1u << 30 }), 200);
        CHECK_EQ(post(r, paths[i], 100, &(edo_web_opts){ .decoded_max = 10000 }), 413);
        CHECK_EQ(post(r, paths[i], 100, &(edo_web_opts){ .body_max = 2000 }), 413); // in proportion
        edo_router_free(r);
        r = all_ways();
        edo_router_decoded_max(r, 10000);
        CHECK_EQ(post(r, paths[i], 100, NULL), 413);
        CHECK_EQ(post(r, paths[i], 8, NULL), 200);
        edo_router_free(r);
        r = all_ways();
        edo_router_decoded_max(r, SIZE_MAX);
        CHECK_EQ(post(r, paths[i], 100, &(edo_web_opts){ .decoded_max = 1 }), 200);
        edo_router_free(r);
    }
    return 0;
}

static void what_a_body_is_decoded_into_is_bounded(void **state) {
    (void)state;
    assert_int_equal(inside(bounded, NULL), 0);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static uint32_t turns_n;
static bool is_over;

static int takes_turns(void *arg) {
    (void)arg;
    while (!is_over) {
        turns_n++;
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

typedef struct one {
    uint64_t a;
} one;
EDO_DESCRIBE(one, EDO_FIELD(one, a, .optional = true))
typedef struct many {
    uint64_t *all;
    size_t all_n, behind;
} many;
EDO_DESCRIBE(many, EDO_FIELD_LIST(many, all, all_n), EDO_FIELD(many, behind, .in = EDO_IN_FORM))
typedef struct from_all {
    uint64_t a;
} from_all;
EDO_DESCRIBE(from_all, EDO_FIELD(from_all, a, .in = EDO_IN_FORM, .optional = true))

/* The turns that others have had since. */
static int tell_turns(edo_web *w, int err, uint32_t before) {
    char text[32];
    (void)snprintf(text, sizeof text, "%u", (unsigned)(turns_n - before));
    return err < 0 ? err : edo_web_reply_text(w, EDO_STATUS_OK, text);
}

/* The body is read before the turns are counted. */
static int counts_turns(edo_web *w) {
    one o;
    many m;
    from_all f;
    edo_str body, way = edo_web_path(w);
    int err = edo_web_body(w, &body);
    uint32_t before = turns_n;
    if (err == 0 && way.ptr[1] == 'o') err = edo_web_form(w, &o, &one_desc);
    if (err == 0 && way.ptr[1] == 'm') err = edo_web_form(w, &m, &many_desc);
    if (err == 0 && way.ptr[1] == 'f') err = edo_web_extract(w, &f, &from_all_desc);
    return tell_turns(w, err, before);
}

static int turns_of(edo_router *r, const char *path, const char *text, size_t n) {
    edo_oneshot got;
    edo_headers headers;
    edo_buf body = { 0 };
    for (size_t i = 0; i < n; i++) EDO_TEST_OK(edo_buf_append(&body, text, strlen(text)));
    EDO_TEST_OK(edo_buf_append(&body, "behind=1", 8));
    edo_headers_init(&headers);
    EDO_TEST_OK(edo_headers_set(&headers, EDO_HEADER_CONTENT_TYPE,
                                EDO_STR("application/x-www-form-urlencoded")));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = edo_str_of(path),
                                   .headers = &headers,
                                   .data = { body.ptr, body.len } };
    EDO_TEST_OK(edo_web_oneshot(&got, r, &req, NULL));
    CHECK_EQ((int)got.status, 200);
    int turns = (int)strtol(got.body.ptr, NULL, 10);
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&headers);
    edo_buf_deinit(&body);
    return turns;
}

static int in_turns(void *arg) {
    static const struct {
        const char *path, *part;
    } ways[] = { { "/one", "x&" }, { "/one", "%78&" }, { "/many", "all=1&" }, { "/from", "x&" } };
    edo_router *r = edo_router_new();
    edo_task *other = edo_spawn(takes_turns, NULL);
    (void)arg;
    edo_router_post(r, "/{way}", counts_turns);
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        size_t mib = (1u << 20) / strlen(ways[i].part);
        int turns = turns_of(r, ways[i].path, ways[i].part, mib);
        CHECK(turns >= 60 && turns <= 140); // each 16 KiB; of a list both parsers have some
        CHECK_EQ(turns_of(r, ways[i].path, ways[i].part, 1000), 0);
    }
    is_over = true;
    CHECK_EQ(edo_task_join(other), 0);
    edo_router_free(r);
    return 0;
}

static void long_form_leaves_others_their_turns(void **state) {
    (void)state;
    assert_int_equal(inside(in_turns, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_body_is_decoded_into_is_bounded),
        cmocka_unit_test(long_form_leaves_others_their_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
