/* SPDX-License-Identifier: MIT */
/* blocking.c: calls that block a thread, on the pool: three at once, and one that is told to
 * stop. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* Somebody's library: it blocks whoever calls it. */
static void library_wait(long ms) {
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

typedef struct question {
    int key, answer;
} question;

static int look_up(void *arg) {
    question *q = arg;
    library_wait(200);
    q->answer = q->key * 11;
    return 0;
}

static int customer(void *arg) {
    return edo_blocking(look_up, arg); // this task waits, its worker does not
}

static int three_at_once(void) {
    question all[] = { { .key = 1 }, { .key = 2 }, { .key = 3 } };
    edo_instant start = edo_now();
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < EDO_COUNT(all); i++) edo_scope_spawn(&s, customer, &all[i]);
    int err = edo_scope_end(&s, 0);
    bool at_once = edo_instant_since(edo_now(), start).ns < edo_ms(600).ns;
    printf("three calls of 200 ms: %d %d %d, %s\n", all[0].answer, all[1].answer, all[2].answer,
           at_once ? "all at once" : "one by one");
    return err;
}

/* A long job. Nobody can stop a thread; but it can be asked to stop. */
static int search(void *arg) {
    long *steps = arg;
    while (!edo_blocking_cancelled()) {
        library_wait(1);
        ++*steps;
    }
    return -ECANCELED;
}

static int limited(void) {
    long steps = 0; // may lie here: edo_blocking() does not return before the job does
    EDO_DEADLINE(d, edo_ms(100));
    int err = edo_deadline_end(&d, edo_blocking(search, &steps));
    printf("a search within 100 ms: %s, after %s\n", err == -ETIMEDOUT ? "told to stop" : "?",
           steps > 0 ? "some steps" : "no step");
    return 0;
}

static int root(void *arg) {
    (void)arg;
    int err = three_at_once();
    return err < 0 ? err : limited();
}

int main(void) {
    return edo_main(root, NULL);
}
