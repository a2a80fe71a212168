/* SPDX-License-Identifier: MIT */
/* breaker.c: a partner that fails for a while. Behind a circuit breaker it is left alone, and its
 * callers hear so at once; trials find out when it is well again. */
#include <edo/breaker.h>
#include <edo/edo.h>
#include <edo/layers.h>

#include <stdio.h>

/* The partner: down for 30 s, during which nobody hears from it. */
typedef struct partner {
    edo_instant start;
    int asked_n;
} partner;

static int since_start_ms(const partner *p) {
    return (int)(edo_instant_since(edo_now(), p->start).ns / 1000000);
}

static int pay(void *arg, void *request, void *response) {
    partner *p = arg;
    (void)request, (void)response;
    bool is_down = since_start_ms(p) >= 5000 && since_start_ms(p) < 35000;
    p->asked_n++;
    return edo_sleep(is_down ? edo_s(60) : edo_ms(20));
}

static void say_moves(void *arg, edo_breaker *b, const edo_breaker_event *event) {
    const partner *p = arg;
    (void)b;
    if (event->kind != EDO_BREAKER_MOVED) return;
    printf("%6d ms: %s, after %d calls of the partner\n", since_start_ms(p),
           edo_breaker_state_name(event->to), p->asked_n);
}

static int open_partner(edo_service **out, partner *p, edo_breaker *b) {
    edo_stack stack;
    int err = edo_service_from_fn(out, pay, p, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_breaker_layer(b));
    edo_stack_push(&stack, edo_timeout_layer(edo_ms(500))); // inside: a late response is a failure
    err = edo_stack_build(out, &stack, *out);
    edo_stack_deinit(&stack);
    return err;
}

static int root(void *arg) {
    edo_breaker *b;
    edo_service *payments;
    partner p = { .start = edo_now() };
    int results[3] = { 0 }; // paid, failed, refused
    (void)arg;
    int err = edo_breaker_new(&b, &(edo_breaker_opts){ .name = "payment",
                                                       .window_calls = 20,
                                                       .calls_min = 10,
                                                       .open_for = edo_s(10),
                                                       .trials = 3,
                                                       .on_event = say_moves,
                                                       .event_arg = &p });
    if (err < 0) return err;
    err = open_partner(&payments, &p, b);
    while (err == 0 && since_start_ms(&p) < 60000) {
        int result = edo_service_oneshot(payments, NULL, NULL);
        results[result == -EDO_ECIRCUITOPEN ? 2 : result < 0]++;
        err = edo_sleep(edo_ms(100));
    }
    printf("%d paid, %d failed, %d refused at once\n", results[0], results[1], results[2]);
    if (err == 0) edo_service_unref(payments);
    edo_breaker_unref(b);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
