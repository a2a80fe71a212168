/* SPDX-License-Identifier: MIT */
/* Goal: what servers, clients and pools have open is shown, with what each waits for or who has it;
 * the routes serve it as text and as JSON, and without memory they fail and leave nothing behind. A
 * thousand connections that come and go leave nothing.
 * Method: a server and a client in this process, and a pool; one allocation after the other
 * fails. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/blocking.h>
#include <edo/dump.h>
#include <edo/http_client.h>
#include <edo/json.h>
#include <edo/pool.h>
#include <edo/test_web.h>

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static int ask_open(edo_oneshot *got, edo_router *r, const char *target, const char *accept) {
    edo_headers headers;
    edo_headers_init(&headers);
    int err = edo_headers_append(&headers, EDO_HEADER_ACCEPT, edo_str_of(accept));
    const edo_http_request req = { .target = edo_str_of(target), .headers = &headers };
    if (err == 0) err = edo_web_oneshot(got, r, &req, NULL);
    edo_headers_deinit(&headers);
    return err;
}

static void expect_open(const char *target, const char *accept, const char *type,
                        const char *part) {
    edo_router *r = edo_router_new();
    edo_oneshot got;
    edo_dump_routes(r);
    EDO_TEST_OK(ask_open(&got, r, target, accept));
    CHECK_EQ(got.status, EDO_STATUS_OK);
    EDO_TEST_TRUE(
        edo_str_equal(edo_headers_get(&got.headers, EDO_HEADER_CONTENT_TYPE), edo_str_of(type)));
    edo_str body = { got.body.ptr, got.body.len };
    if (!memmem(body.ptr, body.len, part, strlen(part)))
        edo_test_fail("no \"%s\" in\n%.*s", part, (int)body.len, body.ptr);
    if (strcmp(type, "application/json") == 0) {
        edo_json_value *root;
        EDO_TEST_OK(edo_json_value_parse(&root, body, NULL));
        edo_json_value_free(root);
    }
    edo_oneshot_deinit(&got);
    edo_router_free(r);
}

#define PLAIN "text/plain; charset=utf-8"

static int routes_in_forms(void *arg) {
    (void)arg;
    expect_open("/open", "*/*", PLAIN, "  1 x task ");
    expect_open("/open", "text/html, */*;q=0.1", PLAIN, "edo: what is open:\n");
    expect_open("/open", "application/json", "application/json", "\"kind\":\"task\"");
    expect_open("/tasks", "*/*", PLAIN, "edo: tasks of runtime ");
    return 0;
}

static void routes_show_it_in_the_form_that_is_asked_for(void **state) {
    (void)state;
    assert_int_equal(inside(routes_in_forms, NULL), 0);
}

static int routes_short_of_memory(void *arg) {
    (void)arg;
    bool was_whole = false;
    for (int nth = 1; !was_whole; nth++) {
        edo_oneshot got;
        edo_router *r = edo_router_new();
        edo_dump_routes(r);
        EDO_TEST_OK(edo_router_build(r));
        fail_alloc_in = nth;
        int err = ask_open(&got, r, "/open", "application/json");
        was_whole = fail_alloc_in > 0;
        fail_alloc_in = 0;
        if (err == 0) {
            CHECK(got.status == EDO_STATUS_OK || got.status >= 500);
            edo_oneshot_deinit(&got);
        }
        edo_router_free(r);
        CHECK(nth < 1000);
    }
    return 0;
}

static void routes_without_memory_fail(void **state) {
    (void)state;
    assert_int_equal(inside(routes_short_of_memory, NULL), 0);
}

/* ---- Beside a dump that hangs ---------------------------------------------------------------- */

static sem_t is_hanging, goes_on;

static ssize_t hang_in_write(void *cookie, const char *bytes, size_t n) {
    bool *has_hung = cookie;
    (void)bytes;
    if (!*has_hung) {
        *has_hung = true;
        (void)sem_post(&is_hanging);
        while (sem_wait(&goes_on) < 0) {
        }
    }
    return (ssize_t)n;
}

/* A dump that another one waits for until `goes_on`. */
static void *hang_in_dump(void *arg) {
    static const cookie_io_functions_t fns = { .write = hang_in_write };
    bool has_hung = false;
    (void)arg;
    FILE *out = fopencookie(&has_hung, "w", fns);
    CHECK(out);
    (void)setvbuf(out, NULL, _IONBF, 0);
    edo_dump_open(out, EDO_DUMP_TEXT);
    (void)fclose(out);
    return NULL;
}

typedef struct asked {
    edo_router *router;
    int *order;
    int place; /* among all that are asked, at the end */
    edo_status status;
    bool has_retry_after;
} asked;

static int ask_once(void *arg) {
    asked *a = arg;
    edo_oneshot got;
    EDO_TEST_OK(ask_open(&got, a->router, "/open", "*/*"));
    a->status = got.status;
    a->has_retry_after = edo_headers_get(&got.headers, EDO_HEADER_RETRY_AFTER).len > 0;
    a->place = (*a->order)++;
    edo_oneshot_deinit(&got);
    return 0;
}

/* One thread runs all tasks: it is not the one that waits for the dump. */
static int second_look_is_refused(void *arg) {
    (void)arg;
    int order = 0;
    pthread_t hangs;
    edo_task *first, *second;
    edo_router *r = edo_router_new();
    edo_dump_routes(r);
    EDO_TEST_OK(edo_router_build(r));
    asked a = { .router = r, .order = &order }, b = a, c = a;
    EDO_TEST_OK(sem_init(&is_hanging, 0, 0) | sem_init(&goes_on, 0, 0));
    EDO_TEST_OK(pthread_create(&hangs, NULL, hang_in_dump, NULL));
    while (sem_wait(&is_hanging) < 0) {
    }
    CHECK(first = edo_spawn(ask_once, &a));
    CHECK(second = edo_spawn(ask_once, &b));
    while (order == 0) CHECK_EQ(edo_yield(), 0);
    const asked *refused = a.status ? &a : &b, *waits = a.status ? &b : &a;
    CHECK_EQ(refused->status, EDO_STATUS_SERVICE_UNAVAILABLE);
    EDO_TEST_TRUE(refused->has_retry_after);
    CHECK_EQ(waits->status, 0);
    EDO_TEST_OK(sem_post(&goes_on));
    CHECK_EQ(edo_task_join(first), 0);
    CHECK_EQ(edo_task_join(second), 0);
    CHECK_EQ(waits->status, EDO_STATUS_OK);
    EDO_TEST_OK(ask_once(&c));
    CHECK_EQ(c.status, EDO_STATUS_OK);
    CHECK_EQ(pthread_join(hangs, NULL), 0);
    edo_router_free(r);
    return 0;
}

static void second_look_meanwhile_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(second_look_is_refused, NULL), 0);
}

/* ---- Where no thread is left ----------------------------------------------------------------- */

static int wait_for_go(void *arg) {
    (void)arg;
    (void)sem_post(&is_hanging);
    while (sem_wait(&goes_on) < 0) {
    }
    return 0;
}

static int look_beside_jobs(void *arg) {
    (void)arg;
    EDO_TEST_OK(sem_init(&is_hanging, 0, 0) | sem_init(&goes_on, 0, 0));
    EDO_TEST_OK(edo_blocking_start(wait_for_go, NULL));
    while (sem_wait(&is_hanging) < 0) {
    }
    expect_open("/open", "*/*", PLAIN, "  1 x blocking thread of runtime edo, busy\n");
    return sem_post(&goes_on);
}

static void look_is_taken_though_all_blocking_threads_are_busy(void **state) {
    (void)state;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .blocking_max = 1 };
    assert_int_equal(inside_with(look_beside_jobs, NULL, &opts), 0);
}

/* ---- A server and its client ----------------------------------------------------------------- */

static edo_notify go_on = EDO_NOTIFY_INIT, is_in = EDO_NOTIFY_INIT;

static int wait_in_handler(edo_web *w) {
    edo_notify_one(&is_in);
    int err = edo_notify_wait(&go_on);
    return err < 0 ? err : edo_web_reply_text(w, EDO_STATUS_OK, "done");
}

static int reply_at_once(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "done");
}

static edo_router *open_router(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/slow", wait_in_handler);
    edo_router_get(r, "/", reply_at_once);
    return r;
}

static char text[256 * 1024];

static const char *open_now(void) {
    FILE *out = fmemopen(text, sizeof text, "w");
    CHECK(out);
    edo_dump_open(out, EDO_DUMP_TEXT);
    CHECK_EQ(fclose(out), 0);
    return text;
}

/* Waits until there is such a line; it may take a turn of others. */
static void until_open(const char *part) {
    while (!strstr(open_now(), part)) CHECK_EQ(edo_yield(), 0);
}

static void until_gone(const char *part) {
    while (strstr(open_now(), part)) CHECK_EQ(edo_yield(), 0);
}

/* The same, for what tasks wait for, on a thread of its own: a worker that looks has not let go of
 * the last that have begun to wait. */
static int until_open_beside(void *part) {
    while (!strstr(open_now(), part)) (void)sched_yield();
    return 0;
}

static edo_http_client *narrow; /* which makes one connection to a host */

static int fetch_slowly(void *arg) {
    const served *s = arg;
    char url[64];
    edo_bytes body = { 0 };
    (void)snprintf(url, sizeof url, "http://%s/slow", s->address);
    int err = edo_fetch_bytes(&body, edo_str_of(url), &(edo_fetch_opts){ .client = narrow });
    edo_bytes_unref(&body);
    return err;
}

static int conns_by_what_they_wait_for(void *arg) {
    (void)arg;
    web_served s = { .router = NULL };
    char line[160], handler_waits[] = "  1 x wait of GET /slow, edo_notify_wait";
    edo_task *client, *next;
    web_begin(&s, open_router());
    EDO_TEST_OK(edo_http_client_new(&narrow, &(edo_http_client_opts){ .host_conns_max = 1 }));
    CHECK(client = edo_spawn(fetch_slowly, &s.http));
    CHECK_EQ(edo_notify_wait(&is_in), 0);
    CHECK(next = edo_spawn_with(fetch_slowly, &s.http, &(edo_spawn_opts){ .name = "late" }));
    (void)snprintf(line, sizeof line, "  1 x HTTP connection of port %s, in its handler\n",
                   strchr(s.http.address, ':') + 1);
    until_open(line);
    (void)snprintf(line, sizeof line, "  1 x client connection to %s, lent to fetch_slowly at ",
                   s.http.address);
    until_open(line);
    (void)snprintf(line, sizeof line, "  1 x client connection to %s, waited for by late, for ",
                   s.http.address);
    until_open(line);
    CHECK_EQ(edo_blocking(until_open_beside, handler_waits), 0);
    edo_notify_one(&go_on);
    CHECK_EQ(edo_task_join(client), 0);
    CHECK_EQ(edo_notify_wait(&is_in), 0);
    (void)snprintf(line, sizeof line, "  1 x client connection to %s, lent to late, for ",
                   s.http.address);
    until_open(line);
    edo_notify_one(&go_on);
    CHECK_EQ(edo_task_join(next), 0);
    until_open(", waits for a request, for ");
    (void)snprintf(line, sizeof line, "  1 x client connection to %s, kept\n", s.http.address);
    until_open(line);
    edo_http_client_unref(narrow);
    CHECK_EQ(web_end(&s), 0);
    until_gone("HTTP connection");
    until_gone("client connection");
    return 0;
}

static void connections_are_shown_by_what_they_wait_for(void **state) {
    (void)state;
    assert_int_equal(inside_real(conns_by_what_they_wait_for, NULL), 0);
}

/* ---- Ordinary life --------------------------------------------------------------------------- */

#define VISITS 1000

/* What of the descriptors, tasks and connections is there now: not counted is what the process has
 * besides. */
static uint64_t open_n(void) {
    static const char *const shown[] = {
        " x task ", " x descriptor opened", " x HTTP connection", " x mpsc", " x chan", " x timer"
    };
    uint64_t n = 0;
    (void)open_now();
    for (char *rest = text, *line; (line = strtok_r(rest, "\n", &rest));)
        for (size_t i = 0; i < EDO_COUNT(shown); i++)
            if (strstr(line, shown[i])) n += strtoull(line, NULL, 10);
    return n;
}

static int many_come_and_go(void *arg) {
    (void)arg;
    web_served s = { .router = NULL };
    heard h;
    web_begin(&s, open_router());
    web_ask(&s, &h, "GET /", NULL, NULL);
    until_gone("HTTP connection");
    const uint64_t before = open_n();
    for (int i = 0; i < VISITS; i++) {
        web_ask(&s, &h, "GET /", NULL, NULL);
        EDO_TEST_TRUE(strstr(web_body(&h), "done"));
    }
    until_gone("HTTP connection");
    while (open_n() > before) CHECK_EQ(edo_yield(), 0);
    return web_end(&s);
}

static void a_thousand_connections_leave_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_real(many_come_and_go, NULL), 0);
}

/* ---- Pools ----------------------------------------------------------------------------------- */

static int cup_make(void *arg, void **object) {
    *object = arg;
    return 0;
}

static void cup_end(void *arg, void *object) {
    (void)arg, (void)object;
}

static int get_cups(void *arg) {
    void **pool_and_leases = arg;
    for (edo_pool_lease *l = pool_and_leases[1], *end = l + 3; l < end; l++)
        EDO_TEST_OK(edo_pool_get(pool_and_leases[0], l));
    return 0;
}

static int get_a_cup(void *pool) {
    edo_pool_lease lease;
    int err = edo_pool_get(pool, &lease);
    if (err == 0) edo_pool_put(&lease);
    return err;
}

static int pool_by_who_has_them(void *arg) {
    static const edo_pool_ops ops = { .make = cup_make, .end = cup_end };
    (void)arg;
    edo_pool *pool;
    edo_pool_lease leases[3];
    edo_task *late;
    int cup;
    EDO_TEST_OK(edo_pool_new(&pool, &ops, &cup, &(edo_pool_opts){ .name = "cups", .max = 3 }));
    const edo_spawn_opts named = { .name = "GET /cups" };
    void *cups[] = { pool, leases };
    CHECK_EQ(edo_task_join(edo_spawn_with(get_cups, cups, &named)), 0);
    CHECK(late = edo_spawn(get_a_cup, pool));
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    until_open("  3 x pool object of cups, lent at ");
    until_open("  1 x pool object of cups, waited for\n");
    until_open(" to GET /cups");
    edo_pool_put(&leases[0]);
    CHECK_EQ(edo_task_join(late), 0);
    until_open("  2 x pool object of cups, lent at ");
    until_open("  1 x pool object of cups, idle\n");
    edo_pool_put(&leases[1]);
    edo_pool_put(&leases[2]);
    edo_pool_unref(pool);
    until_gone("cups");
    return 0;
}

static void objects_of_pools_are_shown_by_who_has_them(void **state) {
    (void)state;
    assert_int_equal(inside(pool_by_who_has_them, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_show_it_in_the_form_that_is_asked_for),
        cmocka_unit_test(routes_without_memory_fail),
        cmocka_unit_test(second_look_meanwhile_is_refused),
        cmocka_unit_test(look_is_taken_though_all_blocking_threads_are_busy),
        cmocka_unit_test(connections_are_shown_by_what_they_wait_for),
        cmocka_unit_test(a_thousand_connections_leave_nothing),
        cmocka_unit_test(objects_of_pools_are_shown_by_who_has_them),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
