/* SPDX-License-Identifier: MIT */
/* rwlock.c: a table that many tasks read and one replaces: readers do not wait for each other. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct table {
    edo_rwlock lock;
    int version; // lock: lock
    edo_instant began;
} table;

static int ms_since(edo_instant began) {
    return (int)(edo_instant_since(edo_now(), began).ns / 1000000);
}

static int look_up(void *arg) {
    table *self = arg;
    int err = edo_rwlock_read(&self->lock); // together with other readers
    if (err < 0) return err;
    printf("%2d ms: reads version %d\n", ms_since(self->began), self->version);
    err = edo_sleep(edo_ms(10)); // the table does not change meanwhile
    edo_rwlock_unlock(&self->lock);
    return err;
}

static int reload(void *arg) {
    table *self = arg;
    int err = edo_rwlock_write(&self->lock); // alone
    if (err < 0) return err;
    err = edo_sleep(edo_ms(5)); // reads a file, say
    self->version++;
    edo_rwlock_downgrade(&self->lock); // readers come in, no other writer does
    printf("%2d ms: wrote version %d\n", ms_since(self->began), self->version);
    edo_rwlock_unlock(&self->lock);
    return err;
}

static int root(void *arg) {
    (void)arg;
    table routes = { .lock = EDO_RWLOCK_INIT, .version = 1, .began = edo_now() };
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, look_up, &routes);
    edo_scope_spawn(&s, look_up, &routes);
    (void)edo_sleep(edo_ms(2));           // if it is cut short, the spawns below say so
    edo_scope_spawn(&s, reload, &routes); // waits for the two
    (void)edo_sleep(edo_ms(2));
    edo_scope_spawn(&s, look_up, &routes); // came after the writer: waits for it
    return edo_scope_end(&s, 0);
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
