/* SPDX-License-Identifier: MIT */
/* Goal: a function that edo calls, and that must not await, is told when it does.
 * Method: as misuse_test.c; each of these functions sleeps. */
#include <edo/cache.h>
#include <edo/edo.h>
#include <edo/fallback.h>
#include <edo/log.h>
#include <edo/metrics.h>
#include <edo/receiver.h>
#include <edo/slab.h>

#include <errno.h>

#include "breaches.h"

static void nap(void) {
    (void)edo_sleep(edo_ms(1));
}

static void on_event(void *arg, const edo_event *e) {
    (void)arg;
    (void)e;
    nap();
}

static int is_told(void *arg) {
    static const edo_receiver_ops ops = { .event = on_event };
    edo_receiver *r;
    (void)arg;
    int err = edo_log_add(&r, &ops, NULL, NULL);
    if (err < 0) return err;
    edo_info("an event");
    edo_log_remove(r);
    return 0;
}

static void on_asked(void *arg, edo_metrics_sink *to) {
    (void)arg;
    nap();
    edo_metrics_emit(to, 1, NULL);
}

static int asks_a_metric(void *arg) {
    edo_metrics *m;
    edo_buf text = { 0 };
    (void)arg;
    int err = edo_metrics_new(&m, NULL);
    if (err < 0) return err;
    err = edo_metrics_callback(m, EDO_METRIC_GAUGE, "things", on_asked, NULL, NULL);
    if (err == 0) err = edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS);
    edo_buf_deinit(&text);
    edo_metrics_free(m);
    return err;
}

static int fails(void *arg, void *request, void *response) {
    (void)arg;
    (void)request;
    (void)response;
    return -EIO;
}

static int makes_up(void *arg, void *request, void *response, int result) {
    (void)arg;
    (void)request;
    (void)response;
    (void)result;
    return 0;
}

static void tells(void *arg, void *request, void *response, int result) {
    (void)arg;
    (void)request;
    (void)response;
    (void)result;
    nap();
}

static int falls_back(void *arg) {
    edo_service *svc;
    edo_stack stack;
    int err = edo_service_from_fn(&svc, fails, arg, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack,
                   edo_fallback_layer(&(edo_fallback_opts){ .fn = makes_up, .tell = tells }));
    err = edo_stack_build(&svc, &stack, svc);
    edo_stack_deinit(&stack);
    if (err == 0) err = edo_service_oneshot(svc, NULL, NULL);
    edo_service_unref(svc);
    return err;
}

static int on_construct(void *arg, void *object) {
    (void)arg;
    (void)object;
    nap();
    return 0;
}

static void on_object(void *arg, void *object) {
    (void)arg;
    (void)object;
    nap();
}

/* Makes an object, gives it back, and frees it. */
static int uses_a_slab(const edo_slab_opts *opts) {
    edo_slab *s;
    int err = edo_slab_new(&s, 64, opts);
    if (err < 0) return err;
    edo_slab_put(s, edo_slab_get(s));
    edo_slab_free(s);
    return 0;
}

static int makes_an_object(void *arg) {
    (void)arg;
    return uses_a_slab(&(edo_slab_opts){ .construct = on_construct });
}

static int gives_an_object_back(void *arg) {
    (void)arg;
    return uses_a_slab(&(edo_slab_opts){ .reset = on_object });
}

static int frees_an_object(void *arg) {
    (void)arg;
    return uses_a_slab(&(edo_slab_opts){ .destruct = on_object });
}

static const breach rows[] = {
    { "an await between edo_no_await_begin() and its end", is_told },
    { "an await between edo_no_await_begin() and its end", asks_a_metric },
    { "an await between edo_no_await_begin() and its end", falls_back },
    { "an await between edo_no_await_begin() and its end", makes_an_object },
    { "an await between edo_no_await_begin() and its end", gives_an_object_back },
    { "an await between edo_no_await_begin() and its end", frees_an_object },
};

static void await_of_a_callback_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_callbacks_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(await_of_a_callback_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
