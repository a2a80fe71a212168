/* SPDX-License-Identifier: MIT */
/* Goal: where something is away, or busy, that a handler depends on, or descriptors have run out,
 * its client gets a 503 which says when to ask again, and nothing of what it is; other failures are
 * a 500.
 * Method: handlers that fail as databases and connections do, over memory. */
#include "base/error/away.h"

#include "inside.h"

#include <edo/test_web.h>

#include <string.h>

typedef struct failing {
    int code;
    bool is_marked;
    edo_status status;
    bool cleans; /* and fails in that, too */
} failing;

static int fails(edo_web *w) {
    const failing *f = edo_web_state(w);
    if (f->is_marked) (void)edoi_fail_away(f->code, "database.internal is away");
    int err = edo_fail(f->code, "asking database.internal");
    if (f->cleans) (void)edo_fail(-ENOENT, "removing what was begun");
    return err;
}

static void expect(edo_router *r, failing *f) {
    edo_oneshot got;
    const edo_http_request ask = { .target = EDO_STR("/") };
    bool is_away = f->status == EDO_STATUS_SERVICE_UNAVAILABLE;
    EDO_TEST_OK(edo_web_oneshot(&got, r, &ask, &(edo_web_opts){ .state = f }));
    if (got.status != f->status) print_error("%s\n", edo_error_name(f->code));
    CHECK_EQ(got.status, f->status);
    edo_str after = edo_headers_get(&got.headers, EDO_HEADER_RETRY_AFTER);
    CHECK(is_away ? edo_str_equal(after, EDO_STR("1")) : !after.ptr);
    CHECK(edo_str_equal(edo_headers_get(&got.headers, EDO_HEADER_CONTENT_TYPE),
                        EDO_STR("application/problem+json")));
    CHECK(!strstr(got.body.ptr, "internal is") && !strstr(got.body.ptr, "asking"));
    edo_oneshot_deinit(&got);
}

static int statuses(void *arg) {
    static failing rows[] = {
        { -ECONNREFUSED, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -ECONNRESET, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -ECONNABORTED, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -EHOSTUNREACH, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -EHOSTDOWN, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -ENETUNREACH, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -ENETDOWN, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -EAGAIN, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -ETIMEDOUT, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -EBUSY, true, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -EDO_ESQL, true, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -EDO_ESQL, true, EDO_STATUS_SERVICE_UNAVAILABLE, true },
        { -EMFILE, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -ENFILE, false, EDO_STATUS_SERVICE_UNAVAILABLE, false },
        { -EBUSY, false, EDO_STATUS_INTERNAL_SERVER_ERROR, false },
        { -EDO_ESQL, false, EDO_STATUS_INTERNAL_SERVER_ERROR, false },
        { -EACCES, false, EDO_STATUS_INTERNAL_SERVER_ERROR, false },
        { -EPIPE, false, EDO_STATUS_INTERNAL_SERVER_ERROR,
          false }, // of a child that nobody hears, say
        { -EDO_ECLOSED, false, EDO_STATUS_INTERNAL_SERVER_ERROR, false },
    };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", fails);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) expect(r, &rows[i]);
    edo_router_free(r);
    return 0;
}

static void what_is_away_is_a_503_that_says_when_to_ask_again(void **state) {
    (void)state;
    assert_int_equal(inside(statuses, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_away_is_a_503_that_says_when_to_ask_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
