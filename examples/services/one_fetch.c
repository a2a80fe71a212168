/* SPDX-License-Identifier: MIT */
/* one_fetch.c: ten tasks ask for one page at a time; it is fetched once, also when the task that
 * fetches is cancelled. */
#include <edo/cache.h>
#include <edo/edo.h>

#include <stdio.h>

#define READERS 10

typedef struct site {
    edo_flight *pages;
    int fetches_n, readers_n;
} site;

/* Pretends to ask a slow server. */
static int fetch(void **value, void *arg) {
    site *s = arg;
    s->fetches_n++;
    int err = edo_sleep(edo_ms(20));
    if (err < 0) return err;
    char *page = edo_rc_new(32, NULL);
    if (!page) return -ENOMEM;
    (void)snprintf(page, 32, "page of fetch %d", s->fetches_n);
    *value = page;
    return 0;
}

static int read_page(void *arg) {
    site *s = arg;
    void *page;
    int err = edo_flight_run(s->pages, &page, EDO_STR("/index"), fetch, s);
    if (err < 0) return err;
    if (s->readers_n++ == 0) printf("first reader: %s\n", (const char *)page);
    edo_rc_unref(page); // the last reader's call frees it
    return 0;
}

/* The first reader fetches for all; `impatient`: it is cancelled meanwhile. */
static int read_all(site *s, bool impatient) {
    s->fetches_n = s->readers_n = 0;
    EDO_SCOPE(scope, NULL);
    edo_task *first = edo_scope_spawn_handle(&scope, read_page, s);
    for (int i = 1; i < READERS; i++) edo_scope_spawn(&scope, read_page, s);
    int err = edo_sleep(edo_ms(5));
    if (impatient) edo_task_cancel(first);
    edo_task_unref(first);
    err = edo_scope_end(&scope, err);
    printf("%d readers, %d fetches\n", s->readers_n, s->fetches_n);
    return err;
}

static int root(void *arg) {
    site s = { 0 };
    (void)arg;
    int err = edo_flight_new(&s.pages, &(edo_flight_opts){ .name = "pages" });
    if (err == 0) err = read_all(&s, false);
    if (err == 0) err = read_all(&s, true);
    edo_flight_unref(s.pages);
    return err;
}

int main(void) {
    // time passes as soon as nobody has anything to do, so that no busy machine disturbs
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
