/* SPDX-License-Identifier: MIT */
/* shared.c: ten tasks that share a configuration: inside a scope they simply borrow it. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct config {
    const char *greeting;
    int repeat;
} config;

typedef struct greeter {
    const config *config; // borrowed: the scope ends before its owner's frame does
    int number, said;
} greeter;

static int greet(void *arg) {
    greeter *self = arg;
    for (int i = 0; i < self->config->repeat; i++) {
        int err = edo_sleep(edo_ms(10));
        if (err < 0) return err;
        self->said++;
    }
    return 0;
}

static int root(void *arg) {
    (void)arg;
    const config shared = { .greeting = "hello", .repeat = 3 };
    greeter all[10];
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 10; i++) {
        all[i] = (greeter){ .config = &shared, .number = i };
        edo_scope_spawn(&s, greet, &all[i]);
    }
    int err = edo_scope_end(&s, 0);
    int said = 0;
    for (int i = 0; i < 10; i++) said += all[i].said; // they have ended: nobody else writes
    printf("%s, said %d times\n", shared.greeting, said);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
