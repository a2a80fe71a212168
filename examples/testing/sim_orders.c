/* SPDX-License-Identifier: MIT */
/* sim_orders.c: a shop and its customer on two machines, in one thread, and a network that loses a
 * reply. The customer asks again, as it should, and the shop takes that for another order: a fault
 * that a test on one machine does not show. The shop that knows orders by their number is right. */
#include <edo/edo.h>
#include <edo/net.h>
#include <edo/sim.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct shop {
    bool knows_numbers;
    int taken_n;
    bool has_taken[10]; /* by number */
} shop;

typedef struct order {
    shop *at;
    edo_stream *from;
} order;

static int take_order(void *arg) {
    order *o = arg;
    char number;
    while (edo_read(o->from, &number, 1) == 1) {
        bool *has_taken = &o->at->has_taken[number - '0'];
        o->at->taken_n += !o->at->knows_numbers || !*has_taken;
        *has_taken = true;
        if (edo_sleep(edo_s(1)) < 0 || edo_write_all(o->from, "k", 1) < 0) break;
    }
    edo_close(o->from);
    free(o);
    return 0;
}

static int shop_run(void *arg) {
    edo_listener *door;
    edo_stream *s;
    int err = edo_tcp_listen(&door, "0.0.0.0:80", NULL);
    if (err < 0) return err;
    EDO_SCOPE(customers, NULL);
    while ((err = edo_accept(door, &s)) == 0) {
        order *o = malloc(sizeof *o);
        if (o) *o = (order){ .at = arg, .from = s };
        if (o && edo_scope_spawn(&customers, take_order, o) == 0) continue;
        edo_close(s); // no memory, or the shop ends
        free(o);
    }
    edo_listener_close(door);
    return edo_scope_end(&customers, err);
}

/* Within three seconds, or not. */
static int ask(char number) {
    edo_stream *s = NULL;
    char reply;
    EDO_DEADLINE(patience, edo_s(3));
    int err = edo_tcp_connect(&s, "shop:80", NULL);
    if (err == 0) err = edo_write_all(s, &number, 1);
    if (err == 0) err = edo_read_exact(s, &reply, 1);
    err = edo_deadline_end(&patience, err);
    edo_close(s);
    return err;
}

static int customer_run(void *arg) {
    int err = 0;
    (void)arg;
    for (char number = '1'; number <= '5' && err == 0; number++) {
        while (ask(number) < 0) edo_trail_clear(); // again
        err = edo_sleep(edo_minutes(1));
    }
    return err;
}

static int play(bool knows_numbers) {
    shop s = { .knows_numbers = knows_numbers };
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 7 });
    if (!sim) return -ENOMEM;
    int err = edo_sim_host(sim, "shop", shop_run, &s);
    if (err == 0) err = edo_sim_client(sim, "customer", customer_run, NULL);
    // what the shop says while it packs the third order is lost on the way
    if (err == 0) err = edo_sim_cut(sim, "shop", "customer", edo_ms(122500), edo_s(5));
    if (err == 0) err = edo_sim_run(sim, edo_minutes(10));
    if (err == 0)
        printf("%d minutes, 5 orders: %d taken\n", (int)(edo_sim_now(sim).ns / edo_minutes(1).ns),
               s.taken_n);
    edo_sim_free(sim);
    return err;
}

int main(void) {
    int err = play(false);
    if (err == 0) err = play(true);
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    return err < 0;
}
