/* SPDX-License-Identifier: MIT */
/* orders_outage.c: a partner is away for 20 s. How long does it take afterwards until orders are
 * paid as before? On a clock that jumps: with pauses of a fixed time between attempts, with pauses
 * that grow, that are random, too, and with a circuit breaker. Before that: when do callers come
 * again who have failed at one moment?
 *
 * The partner works requests off in order, 400 in a second; those that came while it was away, too,
 * though nobody waits for them any more. So whoever asks often keeps it busy with the past. */
#include <edo/breaker.h>
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/retry_layer.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS_A_SECOND 100
#define CALLS_A_SECOND  400 /* that the partner can serve */
#define AWAY_S          10
#define BACK_S          30
#define END_S           110
#define ROW_S           5
#define BAR_MAX         12

typedef struct client {
    const char *name;
    edo_backoff_opts backoff;
    bool has_breaker;

    edo_service *service;
    edo_instant start, free_at;                   /* when the partner has worked off what it has */
    int calls[END_S], orders[END_S], paid[END_S]; /* in each second; of orders: placed in it */
} client;

static int second_of(const client *c) {
    int s = (int)(edo_instant_since(edo_now(), c->start).ns / 1000000000);
    return s < END_S ? s : END_S - 1;
}

/* ---- Callers that have failed together ------------------------------------------------------- */

#define CALLERS 500
#define SLOTS   16 /* of 100 ms */

typedef struct herd {
    edo_backoff_opts backoff;
    int calls[SLOTS]; /* in each slot after the failure */
} herd;

static void herd_run(herd *h) {
    for (int i = 0; i < CALLERS; i++) {
        edo_backoff pauses;
        int64_t at_ms = 0;
        if (edo_backoff_init(&pauses, &h->backoff) < 0) return;
        while ((at_ms += edo_backoff_next(&pauses).ns / 1000000) < SLOTS * 100)
            h->calls[at_ms / 100]++;
    }
}

static void print_herds(void) {
    herd herds[] = {
        { .backoff = { .kind = EDO_BACKOFF_FIXED, .pause_min = edo_ms(400) } },
        { .backoff = { .pause_min = edo_ms(200), .no_jitter = true } },
        { .backoff = { .kind = EDO_BACKOFF_FULL, .pause_min = edo_ms(400) } },
    };
    for (size_t i = 0; i < EDO_COUNT(herds); i++) herd_run(&herds[i]);
    printf("       fixed         growing       random\n");
    for (int slot = 0; slot < SLOTS; slot++) {
        printf("%4d ms", slot * 100);
        for (size_t i = 0; i < EDO_COUNT(herds); i++)
            printf(" %-13.*s", (herds[i].calls[slot] + 39) / 40, "#############");
        printf("\n");
    }
    printf("       #: 40 calls in 100 ms, of 500 callers that failed together\n\n");
}

/* ---- The partner ----------------------------------------------------------------------------- */

static int partner_pay(void *arg, void *request, void *response) {
    (void)request, (void)response;
    client *c = arg;
    const int s = second_of(c);
    const edo_instant back = edo_instant_add(c->start, edo_s(BACK_S));
    edo_instant begin = edo_now();
    c->calls[s]++;
    if (s >= AWAY_S && s < BACK_S) begin = back;
    if (edo_instant_compare(c->free_at, begin) > 0) begin = c->free_at;
    c->free_at = edo_instant_add(begin, edo_ns(1000000000 / CALLS_A_SECOND));
    return edo_sleep(edo_instant_since(c->free_at, edo_now()));
}

/* ---- Its clients ----------------------------------------------------------------------------- */

static int client_open(client *c) {
    edo_stack around;
    edo_breaker *breaker = NULL;
    edo_stack_init(&around);
    int err = edo_breaker_new(&breaker, &(edo_breaker_opts){ .window_calls = 100,
                                                             .calls_min = 20,
                                                             .open_for = edo_s(1),
                                                             .open_for_max = edo_s(4),
                                                             .trials = 3 });
    if (err == 0) err = edo_service_from_fn(&c->service, partner_pay, c, NULL);
    if (err < 0) return err;
    edo_stack_push(
        &around, edo_retry_layer(&(edo_retry_layer_opts){ .attempts = 3, .backoff = c->backoff }));
    if (c->has_breaker) edo_stack_push(&around, edo_breaker_layer(breaker));
    edo_stack_push(&around, edo_timeout_layer(edo_s(1)));
    err = edo_stack_build(&c->service, &around, c->service);
    edo_stack_deinit(&around);
    edo_breaker_unref(breaker);
    return err;
}

static int order_pay(void *arg) {
    client *c = arg;
    const int s = second_of(c);
    c->orders[s]++;
    if (edo_service_oneshot(c->service, NULL, NULL) == 0) c->paid[s]++;
    return 0;
}

static int client_run(client *c) {
    int err = client_open(c);
    if (err < 0) return err;
    c->start = c->free_at = edo_now();
    EDO_SCOPE(orders, NULL);
    for (int i = 0; i < (END_S - 10) * ORDERS_A_SECOND; i++) {
        edo_scope_spawn(&orders, order_pay, c);
        (void)edo_sleep(edo_ms(1000 / ORDERS_A_SECOND));
    }
    err = edo_scope_end(&orders, 0);
    edo_service_unref(c->service);
    return err;
}

/* ---- What is printed ------------------------------------------------------------------------- */

static int sum_of(const int *a_second, int from) {
    int sum = 0;
    for (int s = from; s < from + ROW_S; s++) sum += a_second[s];
    return sum;
}

static void print_rows(const client *c, size_t n) {
    printf("      ");
    for (size_t i = 0; i < n; i++) printf(" %-*s paid", BAR_MAX, c[i].name);
    for (int from = 0; from < END_S - 10; from += ROW_S) {
        printf("\n%3d s ", from);
        for (size_t i = 0; i < n; i++) {
            int calls = sum_of(c[i].calls, from) / ROW_S;
            int bar = (calls + 24) / 25;
            printf(" %-*.*s %3d%%", BAR_MAX, bar, "############",
                   100 * sum_of(c[i].paid, from) / sum_of(c[i].orders, from));
        }
        if (from == AWAY_S) printf("  away");
        if (from == BACK_S) printf("  back");
    }
    printf("\n      #: 25 calls of the partner in a second\n\n");
}

/* From then on at least 99 of 100 orders of each second were paid. */
static int recovered_after_s(const client *c) {
    int s = END_S - 10;
    while (s > BACK_S && c->paid[s - 1] * 100 >= c->orders[s - 1] * 99) s--;
    return s - BACK_S;
}

static int show_clients(client *clients, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int err = client_run(&clients[i]);
        if (err < 0) return err;
    }
    print_rows(clients, n);
    for (size_t i = 0; i < n; i++)
        printf("%-7s  well again after %d s\n", clients[i].name, recovered_after_s(&clients[i]));
    const int fixed = recovered_after_s(&clients[0]), all = recovered_after_s(&clients[n - 1]);
    printf("with all three %d %% sooner\n", 100 * (fixed - all) / fixed);
    return 0;
}

static int root(void *arg) {
    static const client kinds[] = {
        { .name = "fixed", .backoff = { .kind = EDO_BACKOFF_FIXED, .pause_min = EDO_S(1) } },
        { .name = "growing", .backoff = { .pause_min = EDO_MS(500), .no_jitter = true } },
        { .name = "random", .backoff = { .kind = EDO_BACKOFF_FULL, .pause_min = EDO_S(1) } },
        { .name = "breaker",
          .backoff = { .kind = EDO_BACKOFF_FULL, .pause_min = EDO_S(1) },
          .has_breaker = true },
    };
    (void)arg;
    client *clients = malloc(sizeof kinds);
    if (!clients) return -ENOMEM;
    memcpy(clients, kinds, sizeof kinds);
    print_herds();
    int err = show_clients(clients, EDO_COUNT(kinds));
    free(clients);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true, .seed = 1 });
}
