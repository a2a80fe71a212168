/* SPDX-License-Identifier: MIT */
/* task_set.c: pages are fetched at once, and used as they come; what is late is stopped. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct page {
    const char *name;
    int ms; /* that its server takes */
} page;

static page pages[] = {
    { "news", 80 }, { "weather", 20 }, { "map", 50 }, { "archive", 5000 }, { "photo", 30 },
};

static int fetch(void *arg) {
    const page *p = arg;
    int err = edo_sleep(edo_ms(p->ms));
    return err < 0 ? err : p->ms * 100; // bytes
}

/* Returns as soon as `wanted` pages are there. */
static int first_few(edo_task_set *set, int wanted) {
    edo_task_ended done;
    int err = 1;
    while (wanted-- > 0 && (err = edo_task_set_join_next(set, &done)) > 0) {
        const page *p = done.arg;
        printf("%s: %d bytes, %zu to come\n", p->name, done.result, edo_task_set_len(set));
    }
    return err < 0 ? err : 0;
}

static int root(void *arg) {
    (void)arg;
    edo_task_set set;
    edo_task_set_init(&set, NULL);
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(pages) && err == 0; i++)
        err = edo_task_set_spawn(&set, fetch, &pages[i]);

    if (err == 0) err = first_few(&set, 3);
    edo_task_set_cancel_all(&set);
    edo_task_ended done;
    while (err >= 0 && (err = edo_task_set_join_next(&set, &done)) > 0) // 0: that was the last
        printf("%s: %s\n", ((const page *)done.arg)->name, edo_error_name(done.result));
    edo_task_set_deinit(&set);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
