/* SPDX-License-Identifier: MIT */
/* parts.c: a program of three parts ends in its three ways: in order, after a failure, and leaving
 * a part behind. On a paused clock. */
#include <edo/drain.h>
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct shop {
    int order_ms;      /* how long an order takes, whatever happens meanwhile */
    int fails_ms;      /* the taking of orders fails then; 0: never */
    edo_instant start; /* for what is printed */
} shop;

static void tell(const shop *s, const char *what, const char *name) {
    int ms = (int)(edo_instant_since(edo_now(), s->start).ns / 1000000);
    printf("%5d ms  %s%s%s\n", ms, what, name ? ": " : "", name ? name : "");
}

/* An order that was taken is carried out: in a shield it waits although the task is cancelled. */
static int take_orders(void *arg) {
    const shop *s = arg;
    int err = edo_sleep(s->fails_ms ? edo_ms(s->fails_ms) : edo_hours(1)); // until the next one
    if (s->fails_ms && err == 0) return edo_fail(-EIO, "the counter is on fire");
    EDO_SHIELD(shield, edo_s(-1));
    (void)edo_sleep(edo_ms(s->order_ms));
    (void)edo_shield_end(&shield, 0);
    tell(s, "done", "the last order");
    return err;
}

static int clean_floor(void *arg) {
    int err = 0;
    (void)arg;
    while (err == 0) err = edo_sleep(edo_s(10));
    return err; // -ECANCELED, which is how a part says that it was stopped
}

static int close_till(void *arg) {
    tell(arg, "closed", "the till");
    return 0;
}

static void on_phase(void *arg, edo_drain_phase phase, const char *name) {
    static const char *const words[] = { "open", "closing", "to stop", "stopped", "left", "over" };
    tell(arg, words[phase], name);
}

static int run_shop(void *arg) {
    const edo_drain_part parts[] = {
        { .name = "till", .end = close_till, .arg = arg },
        { .name = "floor", .run = clean_floor, .arg = arg },
        { .name = "counter", .run = take_orders, .arg = arg, .max = edo_s(2) },
    };
    return edo_drain_run(
        parts, EDO_COUNT(parts),
        &(edo_drain_opts){ .pre_stop = edo_s(5), .on_phase = on_phase, .arg = arg });
}

static int root(void *arg) {
    shop days[] = { { .order_ms = 300 }, { .fails_ms = 400 }, { .order_ms = 60000 } };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(days); i++) {
        days[i].start = edo_now();
        edo_task *program = edo_spawn(run_shop, &days[i]);
        int err = edo_sleep(edo_s(1));
        if (err < 0) return err;
        edo_task_cancel(program); // as edo_main() does it on SIGTERM
        int ended = edo_task_join(program);
        printf("         it ended with %s\n", ended < 0 ? edo_error_name(ended) : "0");
    }
    return edo_sleep(edo_minutes(2)); // the counter of the third day borrows from this function
}

int main(void) {
    return edo_main_with(root, NULL,
                         &(edo_runtime_opts){ .start_paused = true, .shutdown = edo_s(5) });
}
