/* SPDX-License-Identifier: MIT */
/* no_lock.c: exercise of chapter 10: eight tasks count words. Before: into one shared total, under
 * a lock, with two faults. After: each returns its own count, and nothing is shared. */
#include <edo/edo.h>

#include <stdio.h>

static const char *pages[] = { "to be or not", "to be",       "that is", "the question",
                               "whether",      "'tis nobler", "in",      "the mind" };

static int words_in(const char *page) {
    int n = 0;
    for (const char *c = page; *c; c++) n += *c != ' ' && (c == page || c[-1] == ' ');
    return n;
}

/* ---- Before ---------------------------------------------------------------------------------- */

typedef struct shared {
    edo_mutex lock;
    int total; /* lock: lock */
} shared;

typedef struct job {
    shared *all;
    const char *page;
} job;

static int add_words(void *arg) {
    const job *j = arg;
    int err = edo_mutex_lock(&j->all->lock);
    if (err < 0) return err;
    err = edo_yield();
    if (err == 0) j->all->total += words_in(j->page);
    edo_mutex_unlock(&j->all->lock);
    return err;
}

static int before(void) {
    shared all = { .lock = EDO_MUTEX_INIT };
    job jobs[EDO_COUNT(pages)];
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < EDO_COUNT(pages); i++) {
        jobs[i] = (job){ &all, pages[i] };
        edo_scope_spawn(&s, add_words, &jobs[i]);
    }
    int err = edo_scope_end(&s, 0);
    return err < 0 ? err : all.total;
}

/* ---- After ----------------------------------------------------------------------------------- */

static int count_words(void *arg) {
    int err = edo_yield(); // waits for nobody's lock
    return err < 0 ? err : words_in(*(const char **)arg);
}

static int after(void) {
    edo_task *tasks[EDO_COUNT(pages)];
    int total = 0, err = 0;
    for (size_t i = 0; i < EDO_COUNT(pages); i++) tasks[i] = edo_spawn(count_words, &pages[i]);
    for (size_t i = 0; i < EDO_COUNT(pages); i++) {
        int n = edo_task_join(tasks[i]); // of NULL: a spawn that failed
        if (n < 0) err = n;
        total += n;
    }
    return err < 0 ? err : total;
}

static int root(void *arg) {
    (void)arg;
    int with_lock = before(), without = after();
    printf("with a lock: %d words, without: %d words\n", with_lock, without);
    return with_lock == without ? 0 : 1;
}

int main(void) {
    return edo_main(root, NULL);
}
