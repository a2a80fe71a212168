/* SPDX-License-Identifier: MIT */
/* five_locks.c: a circle of five tasks. Each has one thing and waits for the next one: two mutexes,
 * two read-write locks, and a value that one of them makes. No two of them look wrong together. */
#include "faulty.h"

#include <edo/edo.h>

static edo_mutex stock = EDO_MUTEX_INIT, bill = EDO_MUTEX_INIT;
static edo_rwlock prices = EDO_RWLOCK_INIT, rates = EDO_RWLOCK_INIT;
static edo_once settings = EDO_ONCE_INIT;

static int order(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&stock);
    if (err == 0) err = edo_sleep(edo_ms(20));
    return err < 0 ? err : edo_mutex_lock(&bill);
}

static int invoice(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&bill);
    if (err == 0) err = edo_sleep(edo_ms(20));
    return err < 0 ? err : edo_rwlock_write(&prices);
}

static int list_prices(void *arg) {
    (void)arg;
    int err = edo_rwlock_read(&prices);
    if (err == 0) err = edo_sleep(edo_ms(20));
    return err < 0 ? err : edo_rwlock_read(&rates);
}

static int load(void **value, void *arg) {
    (void)arg, (void)value;
    int err = edo_sleep(edo_ms(20));
    return err < 0 ? err : edo_mutex_lock(&stock);
}

static int update_rates(void *arg) {
    void *value;
    (void)arg;
    int err = edo_rwlock_write(&rates);
    if (err == 0) err = edo_sleep(edo_ms(20));
    return err < 0 ? err : edo_once_get_or_load(&settings, &value, load, NULL);
}

static int start(void *arg) {
    void *value;
    (void)arg;
    return edo_once_get_or_load(&settings, &value, load, NULL);
}

int five_locks(void *arg) {
    (void)arg;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, order, NULL);
    edo_scope_spawn(&s, invoice, NULL);
    edo_scope_spawn(&s, list_prices, NULL);
    edo_scope_spawn(&s, update_rates, NULL);
    edo_scope_spawn(&s, start, NULL);
    return edo_scope_end(&s, 0);
}
