/* SPDX-License-Identifier: MIT */
/* starved.c: a hundred cooks chop for a quarter of a second each before they let the next one go
 * on. So a guest who could be served at once waits for half a minute. edo_compute() has threads for
 * such work, and with edo_budget_consume() in the loop all would go on in turn. */
#include "faulty.h"

#include <edo/edo.h>

static _Atomic unsigned chopped;

static void chop(void) {
    edo_instant until = edo_instant_add(edo_now(), edo_ms(250));
    while (edo_instant_since(until, edo_now()).ns > 0) chopped++;
}

static int cook(void *arg) {
    int err = 0;
    (void)arg;
    while (err == 0) {
        chop();
        err = edo_yield();
    }
    return err;
}

static int guest(void *arg) {
    int err = 0;
    (void)arg;
    while (err == 0) err = edo_yield();
    return err;
}

int starved(void *arg) {
    (void)arg;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, guest, NULL);
    for (int i = 0; i < 100; i++) edo_scope_spawn(&s, cook, NULL);
    return edo_scope_end(&s, 0);
}
