/* SPDX-License-Identifier: MIT */
/* Goal: a number tells how many sockets are open, at either end: those with a fiber, those that are
 * functions, and a client's; none that was refused. */
#include "../http/tcp_server.h"
#include "ws_client.h"

#include <edo/metrics.h>
#include <edo/ws_client.h>

static edo_ws_opts options;

static int says_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static int functions(edo_web *w) {
    static const edo_ws_handler echo = { .on_message = says_again };
    return edo_ws_handle(w, &echo, NULL, &options);
}

static int fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &options);
    while (err == 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int connects(edo_ws **ws, web_served *s, const char *url, edo_up_down *open) {
    const edo_ws_client_opts o = { .socket = { .open = open } };
    return edo_ws_connect_over(ws, client_of(&s->http), edo_str_of(url), &o);
}

static void open_and_close(web_served *s, const char *url, edo_up_down *here) {
    edo_ws *a, *b;
    CHECK_EQ(connects(&a, s, url, here), 0);
    CHECK_EQ(connects(&b, s, url, here), 0);
    CHECK_EQ(edo_up_down_read(here), 2);
    WAIT_FOR_EQ(edo_up_down_read(options.open), 2);
    CHECK_EQ(edo_ws_end(a, 0), 0);
    CHECK_EQ(edo_up_down_read(here), 1);
    WAIT_FOR_EQ(edo_up_down_read(options.open), 1);
    CHECK_EQ(edo_ws_end(b, -EIO), -EIO);
    CHECK_EQ(edo_up_down_read(here), 0);
    WAIT_FOR_EQ(edo_up_down_read(options.open), 0);
}

static int counts(void *arg) {
    edo_metrics *m;
    edo_metric *open;
    edo_up_down *here;
    edo_ws *none;
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    const edo_metric_opts o = { .labels = "end" };
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_metrics_up_down(&open, m, "edo.ws.open", &o));
    EDO_TEST_OK(edo_up_down_series(&options.open, open, (const edo_str[]){ EDO_STR("server") }));
    EDO_TEST_OK(edo_up_down_series(&here, open, (const edo_str[]){ EDO_STR("client") }));
    edo_router *r = edo_router_new();
    edo_router_get(r, "/functions", functions);
    edo_router_get(r, "/fiber", fiber);
    web_begin(&s, r);
    open_and_close(&s, "ws://x/functions", here);
    open_and_close(&s, "ws://x/fiber", here);
    CHECK_EQ(connects(&none, &s, "ws://x/none", here), -EACCES);
    CHECK_EQ(edo_up_down_read(here), 0);
    CHECK_EQ(edo_up_down_read(options.open), 0);
    CHECK_EQ(web_end(&s), 0);
    edo_metrics_free(m);
    return 0;
}

static void open_sockets_are_counted_at_both_ends(void **state) {
    (void)state;
    assert_int_equal(inside(counts, NULL), 0);
    assert_int_equal(inside_real(counts, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_sockets_are_counted_at_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
