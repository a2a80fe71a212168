/* SPDX-License-Identifier: MIT */
/* held.c: a task asks the bank while it has the lock of the account, and the bank takes its time.
 * It should ask first, and take the lock for the change alone. */
#include "faulty.h"

#include <edo/edo.h>

static edo_mutex account = EDO_MUTEX_INIT;
static int coins;

static int ask_the_bank(void) {
    return edo_sleep(edo_minutes(10));
}

static int audit(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&account);
    if (err < 0) return err;
    err = ask_the_bank();
    edo_mutex_unlock(&account);
    return err;
}

static int customer(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&account);
    if (err < 0) return err;
    coins++;
    edo_mutex_unlock(&account);
    return 0;
}

int held(void *arg) {
    (void)arg;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, audit, NULL);
    int err = edo_sleep(edo_ms(10));
    for (int i = 0; err == 0 && i < 5; i++) edo_scope_spawn(&s, customer, NULL);
    return edo_scope_end(&s, err);
}
