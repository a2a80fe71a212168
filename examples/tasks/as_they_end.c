/* SPDX-License-Identifier: MIT */
/* as_they_end.c: two hundred questions at once on one task, answered as they come, until the time
 * is up. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

#define SERVERS 200

/* One question: 37 is a server far away, so the answers come in another order. */
EDO_ASYNC(question, int server; edo_sleep_future on_its_way;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_sleep_init(&self->on_its_way, edo_ms(self->server * 37 % SERVERS)));
    EDO_RETURN(1000 + self->server);
    EDO_END;
}

static int ask(edo_future_set *set, question questions[], int n) {
    for (int i = 0; i < n; i++) {
        questions[i].server = i;
        int err = edo_future_set_push(set, question_init(&questions[i]));
        if (err < 0) return err; // those that are in the set are dropped with it
    }
    return 0;
}

static int root(void *arg) {
    (void)arg;
    static question questions[SERVERS];
    edo_future_set set = EDO_FUTURE_SET_INIT;
    int answers = 0, err = ask(&set, questions, SERVERS);

    EDO_DEADLINE(limit, edo_ms(150));
    edo_future *done;
    while (err >= 0 && (err = edo_future_set_done_next(&set, &done)) > 0) { // 0: all have answered
        question *q = EDO_CONTAINER_OF(done, question, base);
        if (answers++ < 3) printf("server %d answers %d\n", q->server, edo_result(q));
    }
    err = edo_deadline_end(&limit, err);

    printf("%d answers, %zu too late%s\n", answers, edo_future_set_len(&set),
           err == -ETIMEDOUT ? ": the time is up" : "");
    edo_future_set_deinit(&set); // drops those that are too late
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
