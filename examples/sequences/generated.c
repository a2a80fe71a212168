/* SPDX-License-Identifier: MIT */
/* generated.c: functions that await, and emit items in a loop: a countdown with pauses, and the
 * entries of a list that comes in pages. Each entry is then stored, three at a time. */
#include <edo/edo.h>
#include <edo/seq_generate.h>

#include <errno.h>
#include <stdio.h>

static int countdown(void *arg, edo_emitter *e) {
    int err = 0;
    for (int n = *(const int *)arg; n > 0 && err == 0; n--) {
        err = edo_emit(e, &n); // returns when the next number is asked for
        if (err == 0) err = edo_sleep(edo_ms(10));
    }
    return err;
}

static int lift_off(void) {
    int from = 3, n, rc;
    edo_seq *s = edo_seq_generate(sizeof n, countdown, &from);
    while ((rc = edo_seq_next(s, &n)) == 1) printf("%d\n", n);
    puts("lift-off");
    edo_seq_free(s);
    return rc;
}

/* ---- A list in pages ------------------------------------------------------------------------- */

enum { PAGE = 4, ENTRIES = 10 };

/* Asks somewhere. Returns how many entries the page has; 0: there is none. */
static int fetch_page(int page, int entries[PAGE]) {
    int n = 0, err = edo_sleep(edo_ms(2));
    if (err < 0) return err;
    for (int id = page * PAGE; id < ENTRIES && n < PAGE; id++) entries[n++] = id;
    printf("page %d: %d entries\n", page, n);
    return n;
}

static int all_entries(void *arg, edo_emitter *e) {
    int entries[PAGE], n = 1, err = 0;
    (void)arg;
    for (int page = 0; n > 0 && err == 0; page++) {
        n = fetch_page(page, entries); // not before the page's first entry is wanted
        for (int i = 0; i < n && err == 0; i++) err = edo_emit(e, &entries[i]);
    }
    return n < 0 ? n : err;
}

/* Runs in a task of its own for each entry. */
static int store(void *arg, const void *item) {
    int *stored_n = arg, id = *(const int *)item;
    int err = edo_sleep(edo_ms(5));
    if (err < 0) return err;
    if (id == 7) return edo_fail(-EIO, "storing %d", id);
    ++*stored_n;
    return 0;
}

static int store_all(void) {
    int stored_n = 0;
    edo_seq *s = edo_seq_generate(sizeof(int), all_entries, NULL);
    int err = edo_seq_for_each_concurrent(s, 3, store, &stored_n);
    printf("%d stored: ", stored_n);
    edo_trail_print(stdout, err, EDO_TRAIL_LINE);
    return 0;
}

static int root(void *arg) {
    (void)arg;
    int err = lift_off();
    return err < 0 ? err : store_all();
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
