/* SPDX-License-Identifier: MIT */
/* test/suite/layer_suite.c: the rules of a layer, around an inner service that counts what it is
 * made to do: the probe. */
#include <edo/test_layer.h>

#include "base/atomic.h"
#include "base/opts.h"
#include "test/value.h"

#include <edo/scope.h>
#include <edo/sem.h>

#include <errno.h>
#include <stdalign.h>
#include <string.h>

#define RULE_S  60 /* a rule that takes longer hangs */
#define CALLERS 8
#define EACH    5 /* calls of a caller */
#define REPEATS 3 /* so that a limit on calls at once notices a place that was not given back */

/* One layer under one rule. */
typedef struct suite {
    const edo_test_layer_opts *opts;
    const char *rule;
    edo_service *layered;
    edo_sem places;                       /* of the probe */
    edo_atomic_u32 held, waiting, called; /* permits out; readies that wait; calls, in all */
    edo_atomic_u32 inside, ended;         /* calls under way; probes ended */
    int ready_code, call_code;            /* not 0: what the probe returns */
    bool calls_hang;                      /* until they are cancelled */
} suite;

#define EXPECT(s, is, want) expect((s), (int64_t)(is), (int64_t)(want), #is, __LINE__)

static void expect(const suite *s, int64_t is, int64_t want, const char *what, int line) {
    edoi_test_text is_text, want_text;
    if (is == want) return;
    edo_test_fail_at("edo_test_layer_suite", 0, "%s: %s is %s, not %s (rule at line %d)", s->rule,
                     what, edoi_test_value(&is_text, is), edoi_test_value(&want_text, want), line);
}

// relaxed, here and below: counts, read when the tasks that count have been joined or seen to wait
static uint32_t layer_suite_count(const edo_atomic_u32 *n) {
    return edoi_load_rlx_u32(n);
}

/* ---- The inner service ----------------------------------------------------------------------- */

typedef struct probe {
    edo_service base;
    suite *suite;
} probe;

static suite *suite_of(edo_service *base) {
    return ((probe *)(void *)base)->suite;
}

static int probe_ready(edo_service *base, edo_permit *permit) {
    suite *s = suite_of(base);
    if (s->ready_code < 0) return s->ready_code;
    edoi_add_rlx_u32(&s->waiting, 1);
    int err = permit->no_wait ? edo_sem_try_acquire(&s->places, 1) : edo_sem_acquire(&s->places, 1);
    edoi_sub_rlx_u32(&s->waiting, 1);
    if (err == 0) edoi_add_rlx_u32(&s->held, 1);
    return err;
}

static void probe_release(edo_service *base, edo_permit *permit) {
    (void)permit;
    edoi_sub_rlx_u32(&suite_of(base)->held, 1);
    edo_sem_release(&suite_of(base)->places, 1);
}

static int probe_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    suite *s = suite_of(base);
    edoi_add_rlx_u32(&s->called, 1);
    edoi_add_rlx_u32(&s->inside, 1);
    int err = edo_sleep(s->calls_hang ? edo_hours(1) : edo_ms(1));
    if (err == 0) err = s->call_code;
    if (err == 0 && s->opts->answer) err = s->opts->answer(s->opts->arg, request, response);
    edoi_sub_rlx_u32(&s->inside, 1);
    probe_release(base, permit);
    return err;
}

static void probe_deinit(edo_service *base) {
    edoi_add_rlx_u32(&suite_of(base)->ended, 1);
}

static int probe_new(edo_service **out, suite *s) {
    static const edo_service_ops ops = { .name = "probe",
                                         .ready = probe_ready,
                                         .call = probe_call,
                                         .release = probe_release,
                                         .deinit = probe_deinit };
    int err = edo_service_new(out, sizeof(probe), &ops, NULL);
    if (err == 0) ((probe *)(void *)*out)->suite = s;
    return err;
}

/* ---- Calling --------------------------------------------------------------------------------- */

static int call_with(suite *s, edo_permit *permit) {
    alignas(max_align_t) char request[EDO_TEST_LAYER_BYTES] = { 0 };
    alignas(max_align_t) char response[EDO_TEST_LAYER_BYTES] = { 0 };
    if (s->opts->request) memcpy(request, s->opts->request, s->opts->request_bytes);
    return edo_service_call(s->layered, permit, request, response);
}

static int ready_and_call(void *arg) {
    suite *s = arg;
    edo_permit permit = EDO_PERMIT_INIT;
    int err = edo_service_ready(s->layered, &permit);
    return err < 0 ? err : call_with(s, &permit);
}

static int ready_and_release(void *arg) {
    suite *s = arg;
    edo_permit permit = EDO_PERMIT_INIT;
    int err = edo_service_ready(s->layered, &permit);
    if (err == 0) edo_permit_release(&permit);
    return err;
}

static int caller(void *arg) {
    for (int i = 0; i < EACH; i++) {
        int err = ready_and_call(arg);
        if (err < 0) return err;
        if (i % 2) err = ready_and_release(arg);
        if (err < 0) return err;
    }
    return 0;
}

static void until(suite *s, const edo_atomic_u32 *n, uint32_t want) {
    while (layer_suite_count(n) != want) EXPECT(s, edo_sleep(edo_ms(1)), 0);
}

static void nothing_is_reserved(suite *s) {
    EXPECT(s, layer_suite_count(&s->held), 0);
    EXPECT(s, layer_suite_count(&s->inside), 0);
    EXPECT(s, edo_sem_available(&s->places), CALLERS);
}

/* ---- The rules ------------------------------------------------------------------------------- */

static void reaches(suite *s) {
    for (uint32_t i = 1; i <= REPEATS; i++) {
        EXPECT(s, ready_and_call(s) >= 0, true);
        if (!s->opts->calls_again) EXPECT(s, layer_suite_count(&s->called), i);
        EXPECT(s, layer_suite_count(&s->called) >= i, true);
        nothing_is_reserved(s);
    }
}

static void is_released(suite *s) {
    edo_permit permit = EDO_PERMIT_INIT;
    for (int i = 0; i < REPEATS; i++) {
        EXPECT(s, edo_service_ready(s->layered, &permit), 0);
        EXPECT(s, layer_suite_count(&s->held), s->opts->ready_in_call ? 0 : 1);
        edo_permit_release(&permit);
        edo_permit_release(&permit); // holds nothing now
        nothing_is_reserved(s);
    }
    EXPECT(s, layer_suite_count(&s->called), 0);
    EXPECT(s, edo_service_ready(s->layered, &permit), 0);
    EXPECT(s, call_with(s, &permit) >= 0, true);
}

static void does_not_wait(suite *s) {
    edo_permit permit = EDO_PERMIT_INIT;
    EXPECT(s, edo_sem_acquire(&s->places, CALLERS), 0);
    for (int i = 0; i < REPEATS; i++) {
        int err = edo_service_try_ready(s->layered, &permit);
        EXPECT(s, err, s->opts->never_waits || s->opts->ready_in_call ? 0 : -EAGAIN);
        edo_permit_release(&permit);
        EXPECT(s, layer_suite_count(&s->held), 0);
    }
    edo_sem_release(&s->places, CALLERS);
    EXPECT(s, edo_service_try_ready(s->layered, &permit), 0);
    EXPECT(s, call_with(s, &permit) >= 0, true);
    nothing_is_reserved(s);
}

static void waits(suite *s) {
    if (s->opts->never_waits) return;
    EXPECT(s, edo_sem_acquire(&s->places, CALLERS), 0);
    edo_task *task = edo_spawn(ready_and_call, s);
    until(s, &s->waiting, 1);
    EXPECT(s, layer_suite_count(&s->called), 0);
    edo_sem_release(&s->places, CALLERS);
    EXPECT(s, edo_task_join(task) >= 0, true);
    nothing_is_reserved(s);
}

static void ready_is_cancelled(suite *s) {
    for (int i = 0; i < REPEATS && !s->opts->never_waits; i++) {
        EXPECT(s, edo_sem_acquire(&s->places, CALLERS), 0);
        edo_task *task = edo_spawn(ready_and_call, s);
        until(s, &s->waiting, 1);
        edo_task_cancel(task);
        EXPECT(s, edo_task_join(task), -ECANCELED);
        edo_sem_release(&s->places, CALLERS);
        nothing_is_reserved(s);
    }
    EXPECT(s, ready_and_call(s) >= 0, true);
}

static void call_is_cancelled(suite *s) {
    s->calls_hang = true;
    for (int i = 0; i < REPEATS; i++) {
        edo_task *task = edo_spawn(ready_and_call, s);
        until(s, &s->inside, 1);
        edo_task_cancel(task);
        EXPECT(s, edo_task_join(task) < 0, true);
        nothing_is_reserved(s);
    }
    s->calls_hang = false;
    EXPECT(s, ready_and_call(s) >= 0, true);
}

static void ready_fails(suite *s) {
    edo_permit permit = EDO_PERMIT_INIT;
    s->ready_code = -EPIPE;
    for (int i = 0; i < REPEATS; i++) {
        int err = edo_service_ready(s->layered, &permit);
        if (err == 0 && s->opts->ready_in_call) err = call_with(s, &permit);
        EXPECT(s, err, -EPIPE);
        edo_permit_release(&permit); // holds nothing
        nothing_is_reserved(s);
    }
    s->ready_code = 0;
    EXPECT(s, ready_and_call(s) >= 0, true);
}

static void call_fails(suite *s) {
    s->call_code = -EPROTO;
    for (int i = 0; i < REPEATS; i++) {
        int err = ready_and_call(s);
        if (!s->opts->changes_errors) EXPECT(s, err, -EPROTO);
        nothing_is_reserved(s);
    }
    s->call_code = 0;
    EXPECT(s, ready_and_call(s) >= 0, true);
}

static void is_shared(suite *s) {
    edo_task *tasks[CALLERS];
    for (size_t i = 0; i < CALLERS; i++) tasks[i] = edo_spawn(caller, s);
    for (size_t i = 0; i < CALLERS; i++) {
        int err = edo_task_join(tasks[i]);
        // with as many places as callers no layer has a reason to refuse, except its own limits
        EXPECT(s, err == 0 || err == -EDO_EOVERLOADED || err == -EDO_ERATELIMITED, true);
    }
    nothing_is_reserved(s);
}

typedef struct layer_rule {
    const char *name;
    void (*run)(suite *s);
} layer_rule;

static const layer_rule rules[] = {
    { "a call reaches the inner service, which was made ready for it", reaches },
    { "a permit that is released reserves nothing", is_released },
    { "try_ready does not wait for the inner service", does_not_wait },
    { "ready waits for the inner service", waits },
    { "a cancelled ready reserves nothing", ready_is_cancelled },
    { "a cancelled call ends, and reserves nothing", call_is_cancelled },
    { "a failure of the inner ready comes out of ready", ready_fails },
    { "a failure of the inner call comes out of call", call_fails },
    { "many callers share one service", is_shared },
};

static int layer_suite_run_rule(const layer_rule *r, const edo_layer *layer,
                                const edo_test_layer_opts *opts) {
    suite s = { .opts = opts, .rule = r->name, .places = EDO_SEM_INIT(CALLERS) };
    int err = probe_new(&s.layered, &s);
    if (err == 0) err = edo_layer_wrap(&s.layered, layer, s.layered);
    if (err < 0) return err;
    EDO_DEADLINE(d, edo_s(RULE_S));
    r->run(&s);
    EXPECT(&s, edo_deadline_end(&d, 0), 0);
    EXPECT(&s, layer_suite_count(&s.ended), 0);
    edo_service_unref(s.layered);
    s.rule = "the last reference ends the inner service";
    EXPECT(&s, layer_suite_count(&s.ended), 1);
    return 0;
}

int edo_test_layer_suite(const edo_layer *layer, const edo_test_layer_opts *opts) {
    static const edo_test_layer_opts defaults = { .request = NULL };
    if (!opts) opts = &defaults;
    if (opts->request_bytes > EDO_TEST_LAYER_BYTES) return -EINVAL;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    int err = 0;
    for (size_t i = 0; err == 0 && i < EDO_COUNT(rules); i++)
        err = layer_suite_run_rule(&rules[i], layer, opts);
    return err;
}
