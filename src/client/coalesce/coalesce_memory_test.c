/* SPDX-License-Identifier: MIT */
/* Goal: without memory equal requests fail, or are made one by one, and no response is lost or
 * given back twice.
 * Method: two requests at once through the layer, around a service in memory; each request for
 * memory fails in turn. */
#include <edo/http_coalesce.h>

#include "base/memory/alloc.h"
#include "inside.h"

#include <edo/http_client.h>

#include <errno.h>

static int calls_n;

static int respond(void *arg, void *request, void *response) {
    (void)arg, (void)request;
    int err = edo_sleep(edo_ms(1));
    calls_n++;
    return err < 0 ? err
                   : edo_http_response_make(response, EDO_STATUS_OK, EDO_STR("text/plain"),
                                            EDO_STR("a body of some bytes"));
}

static int fetches(void *arg) {
    edo_http_request req = { .url = EDO_STR("http://site/page?q=1") };
    edo_http_response *res = NULL;
    edo_buf body = { 0 };
    int err = edo_service_oneshot(arg, &req, &res);
    if (err < 0) {
        CHECK(err == -ENOMEM && !res);
        return err;
    }
    err = edo_http_response_collect(res, &body, 100);
    CHECK(err == -ENOMEM || (err == 0 && body.len == 20));
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    return err;
}

static int fetches_twice(edo_service *svc) {
    edo_scope scope;
    edo_scope_begin(&scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    edo_scope_spawn(&scope, fetches, svc);
    edo_scope_spawn(&scope, fetches, svc);
    return edo_scope_end(&scope, 0);
}

static int fails_at_each(void *arg) {
    uint64_t k = 0;
    (void)arg;
    for (bool fired = true; fired;) {
        edo_layer layer = edo_http_coalesce_layer(NULL);
        edo_service *plain, *svc = NULL;
        edoi_alloc_fail_at(++k);
        int err = edo_service_from_fn(&plain, respond, NULL, NULL);
        if (err == 0) err = edo_layer_wrap(&svc, &layer, plain);
        if (err == 0) err = fetches_twice(svc);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(err == 0 || (fired && err == -ENOMEM));
        calls_n = 0;
        if (svc) CHECK_EQ(fetches_twice(svc), 0);
        if (svc) CHECK_EQ(calls_n, 1);
        edo_service_unref(svc);
    }
    CHECK(k > 20);
    return 0;
}

static void no_memory_at_any_point_loses_no_response(void **state) {
    (void)state;
    assert_int_equal(inside(fails_at_each, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_at_any_point_loses_no_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
