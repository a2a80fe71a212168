/* SPDX-License-Identifier: MIT */
/* watch.c: a value that changes: whoever watches sees the newest, not each. Here it is the phase of
 * a server, and each task has its own receiver. */
#include <edo/edo.h>

#include <stdio.h>

typedef enum phase { STARTING, SERVING, STOPPING } phase;
static const char *const names[] = { "starting", "serving", "stopping" };

typedef struct watcher {
    edo_watch_rx *rx;
    char seen[64];
} watcher;

static int follow(void *arg) {
    watcher *self = arg;
    size_t used = 0;
    phase now;
    do {
        edo_watch_read_update(self->rx, &now);
        used += (size_t)snprintf(self->seen + used, sizeof self->seen - used, " %s", names[now]);
    } while (now != STOPPING && edo_watch_changed(self->rx) == 0);
    return 0;
}

static bool is_serving(void *arg, const void *value) {
    (void)arg;
    return *(const phase *)value >= SERVING;
}

static int wait_until_up(void *arg) {
    phase now;
    int err = edo_watch_wait_for(arg, &now, is_serving, NULL);
    if (err == 0) printf("up: %s\n", names[now]);
    return err;
}

static int change(edo_watch_tx *tx) {
    static const phase steps[] = { SERVING, STOPPING };
    for (size_t i = 0; i < EDO_COUNT(steps); i++) {
        int err = edo_sleep(edo_ms(10));
        if (err == 0) err = edo_watch_send(tx, &steps[i]);
        if (err < 0) return err;
    }
    return 0;
}

static int root(void *arg) {
    (void)arg;
    edo_watch_tx *tx;
    watcher one = { 0 }, two = { 0 };
    const phase initial = STARTING;
    int err = edo_watch_new(&tx, &one.rx, sizeof(phase), &initial, NULL);
    if (err < 0) return err;
    err = edo_watch_subscribe(&two.rx, tx);
    if (err == 0) {
        EDO_SCOPE(s, NULL);
        edo_scope_spawn(&s, follow, &one);
        edo_scope_spawn(&s, wait_until_up, two.rx);
        err = change(tx);
        err = edo_scope_end(&s, err);
    }
    printf("seen:%s\n", one.seen);
    edo_watch_tx_unref(tx);
    edo_watch_rx_free(one.rx);
    edo_watch_rx_free(two.rx);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
