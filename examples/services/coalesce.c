/* SPDX-License-Identifier: MIT */
/* coalesce.c: a service that is asked the same by five callers at once, and by a sixth who may see
 * more than the others. Two calls reach it. */
#include <edo/cache.h>
#include <edo/edo.h>

#include <stdio.h>

#define CALLERS 6

typedef struct question {
    const char *page;
    const char *user; /* NULL: a stranger */
} question;

typedef struct answer {
    char text[48];
} answer;

static int serve(void *arg, void *request, void *response) {
    const question *q = request;
    int *calls_n = arg;
    int err = edo_sleep(edo_ms(20));
    if (err < 0) return err;
    ++*calls_n;
    (void)snprintf(((answer *)response)->text, sizeof((answer *)response)->text, "%s for %s",
                   q->page, q->user ? q->user : "all");
    return 0;
}

/* What is for one user is not shared. */
static edo_str key_of(void *arg, const void *request) {
    const question *q = request;
    (void)arg;
    return q->user ? (edo_str){ NULL, 0 } : edo_str_of(q->page);
}

typedef struct caller {
    edo_service *svc;
    question q;
    answer a;
} caller;

static int call(void *arg) {
    caller *c = arg;
    return edo_service_oneshot(c->svc, &c->q, &c->a);
}

static int call_all(edo_service *svc, const int *calls_n) {
    caller callers[CALLERS];
    EDO_SCOPE(scope, NULL);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){ .svc = svc, .q = { "index", i == CALLERS - 1 ? "ann" : NULL } };
        edo_scope_spawn(&scope, call, &callers[i]);
    }
    int err = edo_scope_end(&scope, 0);
    for (int i = 0; err == 0 && i < CALLERS; i++) puts(callers[i].a.text);
    printf("%d calls\n", *calls_n);
    return err;
}

static int root(void *arg) {
    int calls_n = 0;
    edo_service *svc;
    edo_layer layer =
        edo_coalesce_layer(&(edo_coalesce_opts){ .key = key_of, .response_bytes = sizeof(answer) });
    (void)arg;
    int err = edo_service_from_fn(&svc, serve, &calls_n, NULL);
    if (err < 0) return err;
    err = edo_layer_wrap(&svc, &layer, svc);
    if (err < 0) return err;
    err = call_all(svc, &calls_n);
    edo_service_unref(svc);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
