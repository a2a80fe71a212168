/* SPDX-License-Identifier: MIT */
/* setonce.c: one task learns something, once, and all that need it wait for it. */
#include <edo/edo.h>

#include <stdio.h>

static edo_setonce address = EDO_SETONCE_INIT;

static int listen_somewhere(void *arg) {
    static char bound[] = "127.0.0.1:7000"; // the value is ours: all waiters see this one
    (void)arg;
    int err = edo_sleep(edo_ms(10)); // finds a free port, say
    return err < 0 ? err : edo_setonce_set(&address, bound);
}

static int announce(void *arg) {
    void *value;
    int err = edo_setonce_wait(&address, &value);
    if (err < 0) return err;
    printf("%s: %s\n", (const char *)arg, (const char *)value);
    return 0;
}

static int root(void *arg) {
    static char log[] = "log", peers[] = "peers";
    (void)arg;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, announce, log);
    edo_scope_spawn(&s, listen_somewhere, NULL);
    int err = edo_scope_end(&s, 0);
    if (err < 0) return err;
    return announce(peers); // it is set: no wait
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
