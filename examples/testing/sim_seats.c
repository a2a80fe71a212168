/* SPDX-License-Identifier: MIT */
/* sim_seats.c: a house sells its ten seats to who comes, and a bank takes the money. A lost update:
 * two who come at once read the same number of seats, since the bank is asked in between. Which of
 * a hundred runs shows it is a matter of times, so edo sim looks for it:
 *
 *     edo sim --seeds 1..200 sim_seats -- --wrong
 *
 * Without --wrong the house counts a seat before it asks the bank, and gives it back if that
 * fails. */
#include <edo/edo.h>
#include <edo/log.h>
#include <edo/net.h>
#include <edo/random.h>
#include <edo/sim.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEATS     10
#define CUSTOMERS 4
#define ASKS      4 /* of each customer */

typedef struct house {
    bool is_wrong;
    int left, sold;
} house;

typedef struct visit {
    house *at;
    edo_stream *from;
} visit;

/* Says a byte to somebody, and hears one, within two seconds. */
static int ask(const char *address, char *reply) {
    edo_stream *s = NULL;
    EDO_DEADLINE(patience, edo_s(2));
    int err = edo_tcp_connect(&s, address, NULL);
    if (err == 0) err = edo_write_all(s, "?", 1);
    if (err == 0) err = edo_read_exact(s, reply, 1);
    err = edo_deadline_end(&patience, err);
    edo_close(s);
    return err;
}

static int sell_wrongly(house *h) {
    int left = h->left;
    char reply;
    if (left == 0) return -ENOENT;
    int err = ask("bank:80", &reply);
    if (err == 0) h->left = left - 1; // which others have changed meanwhile
    return err;
}

static int sell_rightly(house *h) {
    char reply;
    if (h->left == 0) return -ENOENT;
    h->left--;
    int err = ask("bank:80", &reply);
    if (err < 0) h->left++;
    return err;
}

static int sell(void *arg) {
    visit *v = arg;
    house *h = v->at;
    char asked;
    if (edo_read_exact(v->from, &asked, 1) == 0) {
        int err = h->is_wrong ? sell_wrongly(h) : sell_rightly(h);
        h->sold += err == 0;
        edo_info_kv("a seat was asked for", EDO_KV("sold", h->sold), EDO_KV("left", h->left));
        if (err == -ENOENT) edo_trail_clear();
        (void)edo_write_all(v->from, err == 0 ? "y" : "n", 1);
    }
    edo_close(v->from);
    free(v);
    return 0;
}

static int confirm(void *arg) {
    visit *v = arg;
    char asked;
    if (edo_read_exact(v->from, &asked, 1) == 0) (void)edo_write_all(v->from, "y", 1);
    edo_close(v->from);
    free(v);
    return 0;
}

/* A server at port 80 with a task for each who comes. */
static int serve(house *h, edo_task_fn *fn) {
    edo_listener *door;
    edo_stream *s;
    int err = edo_tcp_listen(&door, "0.0.0.0:80", NULL);
    if (err < 0) return err;
    EDO_SCOPE(visits, NULL);
    while ((err = edo_accept(door, &s)) == 0) {
        visit *v = malloc(sizeof *v);
        if (v) *v = (visit){ .at = h, .from = s };
        if (v && edo_scope_spawn(&visits, fn, v) == 0) continue;
        edo_close(s); // no memory, or the program ends
        free(v);
    }
    edo_listener_close(door);
    return edo_scope_end(&visits, err);
}

static int house_run(void *arg) {
    return serve(arg, sell);
}

static int bank_run(void *arg) {
    (void)arg;
    return serve(NULL, confirm);
}

/* Sleeps for up to ten seconds. */
static int hesitate(void) {
    uint32_t random;
    int err = edo_random(&random, sizeof random);
    if (err < 0) return err;
    return edo_sleep(edo_ms(random % 10000));
}

static int customer_run(void *arg) {
    char reply;
    int err = hesitate();
    (void)arg;
    for (int i = 0; i < ASKS && err == 0; i++) {
        if (ask("house:80", &reply) < 0) edo_trail_clear(); // perhaps the next time
        err = hesitate();
    }
    return err;
}

int main(int argc, char **argv) {
    static const char *const names[CUSTOMERS] = { "ann", "bo", "cy", "di" }, *const bank = "bank";
    const edo_sim_chaos_opts faults = {
        .hosts = &bank, .hosts_n = 1, .until = edo_s(20), .longest = edo_s(5)
    };
    house h = { .is_wrong = argc > 1 && strcmp(argv[1], "--wrong") == 0, .left = SEATS };
    edo_sim *sim = edo_sim_new(NULL);
    if (!sim) return 2;
    int err = edo_sim_host(sim, "house", house_run, &h);
    if (err == 0) err = edo_sim_host(sim, "bank", bank_run, NULL);
    for (int i = 0; i < CUSTOMERS && err == 0; i++)
        err = edo_sim_client(sim, names[i], customer_run, NULL);
    if (err == 0) err = edo_sim_chaos(sim, &faults);
    if (err == 0) err = edo_sim_run(sim, edo_minutes(5));
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    if (err == 0) printf("%d of %d seats sold, %d left\n", h.sold, SEATS, h.left);
    bool is_right = h.sold + h.left == SEATS;
    edo_sim_free(sim);
    return err < 0 || !is_right;
}
