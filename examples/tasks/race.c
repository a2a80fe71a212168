/* SPDX-License-Identifier: MIT */
/* race.c: the quickest of three mirrors. Unlike with select, the losers have ended when it returns,
 * so they may have borrowed what is on this stack. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct mirror {
    const char *name;
    int ms;
    bool down;
    const char *seen;
} mirror;

static int download(void *arg) {
    mirror *self = arg;
    int err = edo_sleep(edo_ms(self->ms));
    if (err == 0 && self->down) err = -ECONNREFUSED;
    self->seen = err == 0 ? "won" : edo_error_name(err);
    return err < 0 ? err : self->ms;
}

static int root(void *arg) {
    (void)arg;
    mirror mirrors[] = {
        { .name = "near, but down", .ms = 10, .down = true },
        { .name = "far", .ms = 300 },
        { .name = "next door", .ms = 50 },
    };
    edo_race_entry entries[EDO_COUNT(mirrors)];
    for (size_t i = 0; i < EDO_COUNT(mirrors); i++)
        entries[i] = (edo_race_entry){ download, &mirrors[i] };
    int result;
    int winner = edo_race(&result, entries, EDO_COUNT(entries));
    if (winner < 0) return winner;
    printf("%s, %d ms\n", mirrors[winner].name, result);
    for (size_t i = 0; i < EDO_COUNT(mirrors); i++)
        printf("  %s: %s\n", mirrors[i].name, mirrors[i].seen);
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
