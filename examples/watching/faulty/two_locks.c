/* SPDX-License-Identifier: MIT */
/* two_locks.c: two tasks pay each other, and each takes the lock of its own purse first. All would
 * have to take them in one order. */
#include "faulty.h"

#include <edo/edo.h>

typedef struct purse {
    edo_mutex lock;
    int coins;
} purse;

static purse mine = { EDO_MUTEX_INIT, 10 }, yours = { EDO_MUTEX_INIT, 10 };

static int pay(purse *from, purse *to) {
    int err = edo_mutex_lock(&from->lock);
    if (err < 0) return err;
    err = edo_sleep(edo_ms(50)); // now the other one has its first lock, too
    if (err == 0) err = edo_mutex_lock(&to->lock);
    if (err == 0) {
        from->coins--;
        to->coins++;
        edo_mutex_unlock(&to->lock);
    }
    edo_mutex_unlock(&from->lock);
    return err;
}

static int pay_you(void *arg) {
    (void)arg;
    return pay(&mine, &yours);
}

static int pay_me(void *arg) {
    (void)arg;
    return pay(&yours, &mine);
}

int two_locks(void *arg) {
    (void)arg;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, pay_you, NULL);
    edo_scope_spawn(&s, pay_me, NULL);
    return edo_scope_end(&s, 0);
}
