/* SPDX-License-Identifier: MIT */
/* spans.c: what is done for an order, over functions and tasks: each line says where it belongs. */
#include <edo/edo.h>

#define EDO_TARGET "shop"
#include <edo/span.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

typedef struct order {
    int customer, item;
} order;

static int take_stock(int item) {
    EDO_FN_SPAN(EDO_KV("item", item));
    int err = edo_sleep(edo_ms(20)); // asks a database
    if (err == 0 && item == 13) err = edo_fail(-ENOENT, "item %d", item);
    edo_span_record(edo_span_current(), EDO_KV("rows", err < 0 ? 0 : 1));
    edo_info("the store has responded");
    return EDO_RET(err);
}

static int find_courier(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(30));
    edo_info("a courier is found"); // a task of its own, within the same order
    return err;
}

static int place(void *arg) {
    const order *o = arg;
    EDO_FN_SPAN(EDO_KV("customer", o->customer));
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, find_courier, NULL);
    int err = edo_scope_end(&s, take_stock(o->item));
    if (err < 0) edo_trail_print(stdout, err, EDO_TRAIL_LIST);
    return EDO_RET(err);
}

static int root(void *arg) {
    order good = { 7, 12 }, bad = { 8, 13 };
    (void)arg;
    int err = edo_task_join(edo_spawn(place, &good));
    if (err < 0) return err;
    return edo_task_join(edo_spawn(place, &bad)) == -ENOENT ? 0 : 1;
}

int main(void) {
    const edo_log_opts log = { .fd = STDOUT_FILENO, .no_time = true, .at_once = true };
    setvbuf(stdout, NULL, _IONBF, 0);
    if (edo_log_start(&log) < 0) return 1;
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
