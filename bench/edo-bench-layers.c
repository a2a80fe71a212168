/* SPDX-License-Identifier: MIT */
/* edo-bench-layers STACK [-n N]: calls through a stack of layers around an empty service, from one
 * fiber that never waits; prints one line of JSON. --list names the stacks, --forms the ways in
 * which C can write an interface whose calls may wait, which run likewise.
 *
 * Question: what does a layer add to a call? What does each form of a call cost?
 * Guards: a call allocates nothing, and finds each reservation at a fixed place of the permit. */
#include <edo/async.h>
#include <edo/breaker.h>
#include <edo/layers.h>
#include <edo/retry_layer.h>
#include <edo/runtime.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_DEFAULT UINT64_C(5000000)

enum { EXIT_USAGE = 2, EXIT_NO_SUCH_BENCH = 3 };

typedef struct message {
    uint64_t value, header;
} message;

static int answer(void *arg, void *request, void *response) {
    (void)arg;
    ((message *)response)->value = ((message *)request)->value;
    return 0;
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static int set_header(void *arg, edo_next *next, void *request, void *response) {
    int result = edo_layer_next(next, request, response);
    ((message *)response)->header = (uintptr_t)arg;
    return result;
}

static int map_request(void *arg, void **request) {
    (void)arg;
    ((message *)*request)->value++;
    return 0;
}

static int pass(void *arg, void *request) {
    (void)arg;
    return ((message *)request)->value == UINT64_MAX ? -1 : 0;
}

typedef struct stack_bench {
    const char *name;
    void (*push)(edo_stack *stack);
} stack_bench;

static void push_none(edo_stack *s) {
    (void)s;
}
static void push_set_header(edo_stack *s) {
    edo_stack_push(s, edo_layer_from_fn(set_header, NULL));
}
static void push_map(edo_stack *s) {
    edo_stack_push(s, edo_map_layer(&(edo_map_opts){ .request = map_request }));
}
static void push_filter(edo_stack *s) {
    edo_stack_push(s, edo_filter_layer(pass, NULL));
}
static void push_timeout(edo_stack *s) {
    edo_stack_push(s, edo_timeout_layer(edo_s(60)));
}
static void push_concurrency(edo_stack *s) {
    edo_stack_push(s, edo_concurrency_layer(1000));
}
static void push_rate(edo_stack *s) {
    const edo_limiter_opts never_reached = { .num = UINT64_C(1000000000), .burst = 1000000000 };
    edo_stack_push(s, edo_rate_layer(&(edo_rate_opts){ .limit = never_reached }));
}
static void push_load_shed(edo_stack *s) {
    edo_stack_push(s, edo_load_shed_layer());
}
static void push_retry(edo_stack *s) {
    edo_stack_push(s, edo_retry_layer(NULL));
}
static void push_breaker_with(edo_stack *s, const edo_breaker_opts *opts) {
    static edo_breaker *b; // one stack a run
    if (!b && edo_breaker_new(&b, opts) < 0) return;
    edo_stack_push(s, edo_breaker_layer(b));
}
static void push_breaker(edo_stack *s) {
    push_breaker_with(s, NULL);
}
static void push_breaker_by_time(edo_stack *s) {
    push_breaker_with(s, &(edo_breaker_opts){ .window_seconds = 10 });
}
static void push_breaker_slow(edo_stack *s) {
    push_breaker_with(s, &(edo_breaker_opts){ .slow_after = edo_s(1) });
}
static void push_usual(edo_stack *s) {
    push_set_header(s);
    push_map(s);
    push_filter(s);
    push_timeout(s);
    push_concurrency(s);
}
static void push_all(edo_stack *s) {
    push_load_shed(s);
    push_timeout(s);
    push_retry(s);
    push_concurrency(s);
    push_rate(s);
    push_map(s);
}

static const stack_bench benches[] = {
    { "none", push_none },
    { "set_header", push_set_header },
    { "map", push_map },
    { "filter", push_filter },
    { "timeout", push_timeout },
    { "concurrency", push_concurrency },
    { "rate", push_rate },
    { "load_shed", push_load_shed },
    { "retry", push_retry },
    { "breaker", push_breaker },
    { "breaker_by_time", push_breaker_by_time },
    { "breaker_slow", push_breaker_slow },
    { "usual", push_usual },
    { "all_but_buffer", push_all },
};

/* ---- Forms of a call ------------------------------------------------------------------------- */

/* An interface as a table of functions: of plain ones, and of ones that return futures. */
typedef struct handler handler;

typedef struct handler_ops {
    int (*call)(handler *self, message *request, message *response);
    edo_future *(*boxed)(handler *self, message *request, message *response);
    edo_future *(*placed)(handler *self, void *place, message *request, message *response);
} handler_ops;

struct handler {
    const handler_ops *ops;
};

static int table_call(handler *self, message *request, message *response) {
    return answer(self, request, response);
}

EDO_ASYNC(answer_future, message *request; message * response;) {
    EDO_BEGIN;
    self->response->value = self->request->value;
    EDO_END;
}

static edo_future *table_placed(handler *self, void *place, message *request, message *response) {
    answer_future *f = place;
    (void)self;
    f->request = request;
    f->response = response;
    return answer_future_init(f);
}

static edo_future *table_boxed(handler *self, message *request, message *response) {
    answer_future f;
    return edo_boxed_new(table_placed(self, &f, request, response));
}

static const handler_ops empty_ops = { table_call, table_boxed, table_placed };
static handler empty = { &empty_ops };
static handler *volatile chosen = &empty; // so that no call is resolved when it is compiled

static int call_plain(message *request, message *response) {
    handler *h = chosen;
    return h->ops->call(h, request, response);
}

static int call_placed(message *request, message *response) {
    handler *h = chosen;
    answer_future place;
    return edo_await(h->ops->placed(h, &place, request, response));
}

static int call_boxed(message *request, message *response) {
    handler *h = chosen;
    edo_future *f = h->ops->boxed(h, request, response);
    return f ? edo_await(f) : -ENOMEM;
}

/* A closure: a function with its argument, and what frees it. */
typedef struct closure {
    edo_service_fn *fn;
    void *arg;
    void (*drop)(void *arg);
} closure;

static int call_closure(message *request, message *response) {
    static closure c = { answer, NULL, NULL };
    closure *volatile at = &c;
    return at->fn(at->arg, request, response);
}

typedef struct form_bench {
    const char *name;
    int (*call)(message *request, message *response);
} form_bench;

static const form_bench forms[] = {
    { "table", call_plain },
    { "closure", call_closure },
    { "future_placed", call_placed },
    { "future_boxed", call_boxed },
};

/* ---- Runs ------------------------------------------------------------------------------------ */

typedef struct run {
    const stack_bench *bench;
    const form_bench *form; /* instead */
    uint64_t n;
} run;

static int64_t wall_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int call_many(edo_service *svc, uint64_t n) {
    message request = { 0, 0 }, response = { 0, 0 };
    for (uint64_t i = 0; i < n; i++) {
        int err = edo_service_oneshot(svc, &request, &response);
        if (err < 0) return err;
    }
    return 0;
}

static int call_form(const form_bench *form, uint64_t n) {
    message request = { 0, 0 }, response = { 0, 0 };
    for (uint64_t i = 0; i < n; i++) {
        int err = form->call(&request, &response);
        if (err < 0) return err;
    }
    return 0;
}

static void print(const char *name, uint64_t n, double ns) {
    printf("{\"peer\":\"edo\",\"bench\":\"%s\",\"n\":%" PRIu64 ",\"ns_per_op\":%.2f}\n", name, n,
           ns / (double)n);
}

static int form_root(void *arg) {
    const run *r = arg;
    int err = call_form(r->form, r->n / 10);
    int64_t start_ns = wall_ns();
    if (err == 0) err = call_form(r->form, r->n);
    if (err == 0) print(r->form->name, r->n, (double)(wall_ns() - start_ns));
    return err;
}

static int root(void *arg) {
    const run *r = arg;
    edo_service *svc;
    edo_stack stack;
    int err = edo_service_from_fn(&svc, answer, NULL, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    r->bench->push(&stack);
    err = edo_stack_build(&svc, &stack, svc);
    edo_stack_deinit(&stack);
    if (err < 0) return err;
    err = call_many(svc, r->n / 10);
    int64_t start_ns = wall_ns();
    if (err == 0) err = call_many(svc, r->n);
    double ns = (double)(wall_ns() - start_ns);
    edo_service_unref(svc);
    if (err < 0) return err;
    print(r->bench->name, r->n, ns);
    return 0;
}

static void list(bool of_forms) {
    for (size_t i = 0; i < EDO_COUNT(benches) && !of_forms; i++) puts(benches[i].name);
    for (size_t i = 0; i < EDO_COUNT(forms) && of_forms; i++) puts(forms[i].name);
}

int main(int argc, char **argv) {
    bool of_forms = argc == 2 && strcmp(argv[1], "--forms") == 0;
    if (of_forms || (argc == 2 && strcmp(argv[1], "--list") == 0)) {
        list(of_forms);
        return 0;
    }
    bool has_n = argc == 4 && strcmp(argv[2], "-n") == 0;
    if (argc != 2 && !has_n) {
        fprintf(stderr, "usage: edo-bench-layers STACK [-n N] | --list | --forms\n");
        return EXIT_USAGE;
    }
    run r = { NULL, NULL, has_n ? strtoull(argv[3], NULL, 10) : N_DEFAULT };
    for (size_t i = 0; i < EDO_COUNT(benches); i++)
        if (strcmp(argv[1], benches[i].name) == 0) r.bench = &benches[i];
    for (size_t i = 0; i < EDO_COUNT(forms); i++)
        if (strcmp(argv[1], forms[i].name) == 0) r.form = &forms[i];
    if (!r.bench && !r.form) return EXIT_NO_SUCH_BENCH;
    if (r.n == 0) r.n = 1;
    return edo_main_with(r.form ? form_root : root, &r,
                         &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
