/* SPDX-License-Identifier: MIT */
/* Goal: a task that serves a route has its name: in dumps, log lines and trails, and to itself;
 * afterwards it has its own name again, and what was told with the route's stays readable.
 * Method: handlers that look at their own task. */
#define EDO_TARGET "app"
#include <edo/dump.h>
#include <edo/log.h>
#include <edo/test_log.h>

#include "web_server.h"

#include <stdlib.h>

static char *dump_text;
static const char *name; /* as statistics keep it */

static int takes_a_dump(edo_web *w) {
    size_t n;
    name = edo_task_current_name();
    FILE *out = open_memstream(&dump_text, &n);
    CHECK(out);
    edo_dump_tasks(out);
    (void)fclose(out);
    edo_error("looks around");
    return edo_web_reply_text(w, EDO_STATUS_OK, edo_task_current_name());
}

static int says_name(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, edo_task_current_name());
}

static void ask_and_want(web_served *s, const char *line, const char *body) {
    heard h;
    web_ask(s, &h, line, NULL, NULL);
    CHECK_EQ(strcmp(web_body(&h), body), 0);
}

static int serves(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new(), *inner = edo_router_new();
    edo_test_log *log;
    (void)arg;
    EDO_TEST_OK(edo_test_log_new(&log, &(edo_test_log_opts){ .filter = "off,app=warn" }));
    edo_router_get(inner, "/{id}", takes_a_dump);
    edo_router_nest(r, "/todos", inner);
    edo_router_add(r, EDO_METHODS_ANY, "/any", says_name);
    edo_router_delete(r, "/one", says_name);
    edo_router_fallback(r, says_name);
    web_begin(&s, r);
    ask_and_want(&s, "GET /todos/7", "GET /todos/{id}");
    ask_and_want(&s, "POST /any", "ANY /any");
    ask_and_want(&s, "DELETE /one", "DELETE /one");
    heard h;
    web_ask(&s, &h, "GET /nowhere", NULL, NULL); // no route
    CHECK(!strstr(web_body(&h), "/nowhere") && !strstr(web_body(&h), "GET "));
    int result = web_end(&s);
    CHECK(strstr(EDO_TEST_LOGGED(log, "looks around")->line, "task=\"GET /todos/{id}\""));
    edo_test_log_free(log);
    CHECK(strstr(dump_text, " GET /todos/{id}: runs on worker 0, and dumps"));
    CHECK_EQ(strcmp(name, "GET /todos/{id}"), 0); // the router has ended
    free(dump_text);
    return result;
}

static void task_has_the_name_of_its_route(void **state) {
    (void)state;
    assert_int_equal(inside(serves, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task_has_the_name_of_its_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
