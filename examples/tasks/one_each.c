/* SPDX-License-Identifier: MIT */
/* one_each.c: searches while people type: a new one of a person takes the place of the one before,
 * and that of somebody who leaves is cancelled. */
#include <edo/edo.h>

#include <stdio.h>
#include <string.h>

typedef struct search {
    uint64_t person;
    const char *text;
    int ms; /* that it takes */
} search;

static search typed[] = {
    { 1, "t", 50 }, { 2, "kyo", 80 }, { 1, "to", 50 }, { 3, "edo", 20 }, { 1, "tokyo", 30 },
};

static int look_up(void *arg) {
    const search *s = arg;
    int err = edo_sleep(edo_ms(s->ms));
    return err < 0 ? err : 1000 / (int)strlen(s->text);
}

static int root(void *arg) {
    (void)arg;
    edo_task_set searches = { 0 };
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(typed) && err == 0; i++)
        err = edo_task_set_spawn_keyed(&searches, typed[i].person, look_up, &typed[i]);
    printf("%zu texts, %zu searches\n", EDO_COUNT(typed), edo_task_set_len(&searches));

    if (edo_task_set_cancel(&searches, 2)) printf("person 2 leaves\n");
    edo_task_ended done;
    while (err >= 0 && (err = edo_task_set_join_next(&searches, &done)) > 0) // 0: that was the last
        printf("person %d: %s: %d%s\n", (int)done.key, ((const search *)done.arg)->text,
               done.result < 0 ? 0 : done.result, done.result < 0 ? ", cancelled" : "");
    edo_task_set_deinit(&searches);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
