/* SPDX-License-Identifier: MIT */
/* snapshot.c: settings that each request reads, and that are replaced while requests run. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct settings { // never changed once they are set
    int version;
} settings;

static edo_snapshot current = EDO_SNAPSHOT_INIT;

static int load(int version) {
    settings *next = edo_rc_new(sizeof *next, NULL);
    if (!next) return -ENOMEM;
    next->version = version;
    edo_snapshot_set(&current, next); // takes the reference
    return 0;
}

static int handle(void *name) {
    settings *mine = edo_snapshot_get(&current); // no copy, no lock, no await
    int err = edo_sleep(edo_ms(10));             // they stay what they are
    printf("%s was handled with version %d\n", (char *)name, mine->version);
    edo_rc_unref(mine);
    return err;
}

static int root(void *arg) {
    static char first[] = "the first request", second[] = "the second request";
    (void)arg;
    int err = load(1);
    if (err < 0) return err;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, handle, first);
    err = edo_sleep(edo_ms(5));
    if (err == 0) err = load(2); // the first request still has the former ones
    if (err == 0) edo_scope_spawn(&s, handle, second);
    err = edo_scope_end(&s, err);
    edo_snapshot_set(&current, NULL);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
