/* SPDX-License-Identifier: MIT */
/* fallback.c: prices come from a partner that bears two questions at once. A customer who gets no
 * place within 50 ms, or no price within 200 ms, is told the last one. */
#include <edo/edo.h>
#include <edo/fallback.h>
#include <edo/layers.h>

#include <errno.h>
#include <stdio.h>

typedef struct price {
    int cents;
    bool is_old;
} price;

static int ask_partner(void *arg, void *request, void *response) {
    (void)arg;
    int err = edo_sleep(edo_ms(*(int *)request)); // how long it takes today
    if (err < 0) return err;
    ((price *)response)->cents = 900 + *(int *)request;
    return 0;
}

static void keep_price(void *arg, const void *request, const void *response, int result) {
    price *last = arg;
    (void)request, (void)result;
    *last = *(const price *)response;
}

static int last_price(void *arg, void *request, void *response, int result) {
    const price *last = arg;
    (void)request;
    if (last->cents == 0) return result;
    *(price *)response = (price){ last->cents, true };
    return 0;
}

/* `last`: that the partner has told; a larger shop has one for each article. */
static int open_prices(edo_service **out, price *last) {
    edo_stack stack;
    int err = edo_service_from_fn(out, ask_partner, NULL, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_fallback_layer(&(edo_fallback_opts){
                               .fn = last_price, .keep = keep_price, .arg = last }));
    edo_stack_push(&stack, edo_concurrency_layer_with(&(edo_concurrency_opts){
                               .name = "prices", .calls_max = 2, .wait_max = edo_ms(50) }));
    edo_stack_push(&stack, edo_timeout_layer(edo_ms(200)));
    err = edo_stack_build(out, &stack, *out);
    edo_stack_deinit(&stack);
    return err;
}

typedef struct customer {
    edo_service *prices;
    int name, takes_ms;
} customer;

static int ask(void *arg) {
    customer *c = arg;
    price p = { 0 };
    edo_instant start = edo_now();
    int err = edo_service_oneshot(c->prices, &c->takes_ms, &p);
    printf("customer %d after %3d ms: ", c->name,
           (int)(edo_instant_since(edo_now(), start).ns / 1000000));
    if (err < 0)
        edo_trail_print(stdout, err, EDO_TRAIL_LINE);
    else
        printf("%d.%02d%s\n", p.cents / 100, p.cents % 100, p.is_old ? ", as of last time" : "");
    return 0;
}

/* `n` customers at once, for whom the partner takes as long. */
static int ask_at_once(edo_service *prices, int n, int takes_ms) {
    customer customers[4];
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < n; i++) {
        customers[i] = (customer){ prices, i + 1, takes_ms };
        edo_scope_spawn(&s, ask, &customers[i]);
    }
    return edo_scope_end(&s, 0);
}

static int root(void *arg) {
    edo_service *prices;
    price last = { 0 };
    (void)arg;
    int err = open_prices(&prices, &last);
    if (err < 0) return err;
    err = ask_at_once(prices, 1, 300); // too slow, and nothing was kept so far
    if (err == 0) err = ask_at_once(prices, 1, 20);
    if (err == 0) err = ask_at_once(prices, 4, 120); // two have a place
    edo_service_unref(prices);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
