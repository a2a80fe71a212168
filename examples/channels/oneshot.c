/* SPDX-License-Identifier: MIT */
/* oneshot.c: one value, once: the answer to a question. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct question {
    int a, b;
    edo_oneshot_tx *reply; // whoever takes the question answers it, or frees this
} question;

static int multiply(void *arg) {
    question *q = arg;
    int product = q->a * q->b;
    return edo_oneshot_send(q->reply, &product); // the sender is used up in any case
}

static int refuse(void *arg) {
    question *q = arg;
    edo_oneshot_tx_free(q->reply);
    return 0;
}

static int ask(edo_task_fn *whom, int a, int b) {
    edo_oneshot_rx *rx;
    question q = { .a = a, .b = b };
    int err = edo_oneshot_new(&q.reply, &rx, sizeof(int), NULL);
    if (err < 0) return err;
    EDO_SCOPE(s, NULL); // the task that responds borrows q
    if (edo_scope_spawn(&s, whom, &q) < 0) edo_oneshot_tx_free(q.reply);
    int answer = 0;
    err = edo_scope_end(&s, edo_oneshot_recv(rx, &answer));
    edo_oneshot_rx_free(rx);
    return err < 0 ? err : answer;
}

static int root(void *arg) {
    (void)arg;
    printf("6 x 7 = %d\n", ask(multiply, 6, 7));
    printf("refused: %s\n", edo_error_name(ask(refuse, 6, 7)));
    return 0;
}

int main(void) {
    return edo_main(root, NULL);
}
