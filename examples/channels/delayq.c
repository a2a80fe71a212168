/* SPDX-License-Identifier: MIT */
/* delayq.c: sessions that expire 30 ms after their last use: many delays, one task, one timer. */
#include <edo/delayq.h>
#include <edo/edo.h>

#include <stdio.h>

typedef struct session {
    const char *user;
    edo_delayq_key key;
} session;

static edo_delayq sessions; // all zero is an empty queue

static int ms_since(edo_instant began) {
    return (int)(edo_instant_since(edo_now(), began).ns / 1000000);
}

static int expire(void *arg) {
    edo_instant began = edo_now();
    void *value;
    int err;
    (void)arg;
    while ((err = edo_delayq_due_next(&sessions, &value)) > 0) // 0: no session is left
        printf("%d ms: %s has expired\n", ms_since(began), ((session *)value)->user);
    return err;
}

static int use(void *arg) {
    session *all = arg;
    int err = edo_sleep(edo_ms(20));
    if (err < 0) return err;
    err = edo_delayq_reset(&sessions, all[1].key, edo_ms(30));             // bob comes back
    return err < 0 ? err : edo_delayq_remove(&sessions, all[2].key, NULL); // carol logs out
}

static int root(void *arg) {
    session all[] = { { .user = "alice" }, { .user = "bob" }, { .user = "carol" } };
    int err = 0;
    (void)arg;
    for (size_t i = 0; err == 0 && i < EDO_COUNT(all); i++)
        err = edo_delayq_insert(&sessions, &all[i].key, &all[i], edo_ms(30));
    if (err == 0) {
        EDO_SCOPE(s, NULL);
        edo_scope_spawn(&s, expire, NULL);
        edo_scope_spawn(&s, use, all);
        err = edo_scope_end(&s, 0);
    }
    edo_delayq_deinit(&sessions); // the sessions are ours
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
