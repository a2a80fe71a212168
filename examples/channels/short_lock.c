/* SPDX-License-Identifier: MIT */
/* short_lock.c: a thread's mutex for a few lines, in which nobody may await: debug builds abort by
 * name where one does. */
#include <edo/edo.h>

#include <pthread.h>
#include <stdio.h>

static inline void short_lock(pthread_mutex_t *m) {
    (void)pthread_mutex_lock(m);
    edo_no_await_begin();
}

static inline void short_unlock(pthread_mutex_t *m) {
    edo_no_await_end();
    (void)pthread_mutex_unlock(m);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count; // lock

static int add_some(void *arg) {
    (void)arg;
    for (int i = 0; i < 1000; i++) {
        short_lock(&lock);
        count++; // an await here would keep the worker of the next one that locks
        short_unlock(&lock);
        int err = edo_budget_consume(); // here one may
        if (err < 0) return err;
    }
    return 0;
}

static int root(void *arg) {
    (void)arg;
    EDO_SCOPE(s, &(edo_scope_opts){ .spread = true });
    for (int i = 0; i < 10; i++) edo_scope_spawn(&s, add_some, NULL);
    int err = edo_scope_end(&s, 0);
    printf("%d\n", count);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
