/* SPDX-License-Identifier: MIT */
/* once.c: a configuration that the first task loads and all share; when a load fails, the next task
 * that waits runs its own. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct config {
    const char *greeting;
} config;

static edo_once the_config = EDO_ONCE_INIT;

static int load_config(void **value, void *arg) {
    static config loaded = { "hello" };
    static int tries;
    (void)arg;
    printf("loading\n");
    int err = edo_sleep(edo_ms(10)); // reads it from a server, say
    if (err < 0) return err;
    if (++tries == 1) return -ECONNREFUSED;
    *value = &loaded; // lives as long as the program
    return 0;
}

static int greet(void *name) {
    void *value;
    int err = edo_once_get_or_load(&the_config, &value, load_config, NULL);
    if (err < 0) {
        printf("%s: %s\n", (const char *)name, edo_strerror(err));
        return 0;
    }
    printf("%s: %s\n", (const char *)name, ((const config *)value)->greeting);
    return 0;
}

static int root(void *arg) {
    static char first[] = "first", second[] = "second";
    (void)arg;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, greet, first);
    edo_scope_spawn(&s, greet, second); // waits for the load of the first
    int err = edo_scope_end(&s, 0);
    config *now = edo_once_get(&the_config); // never waits
    printf("now: %s\n", now ? now->greeting : "nothing");
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
