/* SPDX-License-Identifier: MIT */
/* after_the_end.c: a runtime has ended. What it used works on, but for what needs it to run. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct things {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_listener *listener;
    edo_task *done, *asleep;
} things;

static int send_three(void *arg) {
    edo_mpsc_tx *tx = arg;
    int err = 0;
    for (int i = 1; i <= 3 && err == 0; i++) err = edo_mpsc_send(tx, &i);
    edo_mpsc_tx_unref(tx);
    return err < 0 ? err : 3;
}

static int sleep_for_ever(void *arg) {
    (void)arg;
    return edo_sleep(edo_hours(24));
}

/* Outside of tasks, as it is to outlive the runtime: debug builds name what a task leaves. */
static int open_all(things *t) {
    int err = edo_tcp_listen(&t->listener, "127.0.0.1:0", NULL);
    return err < 0 ? err : edo_mpsc_new(&t->tx, &t->rx, sizeof(int), 8, NULL);
}

static int use_all(void *arg) {
    things *t = arg;
    t->done = edo_spawn(send_three, t->tx);
    t->asleep = edo_spawn(sleep_for_ever, NULL);
    int sent = edo_task_wait(t->done); // keeps the handle
    return sent < 0 ? sent : 0;
}

static void use_handles(edo_runtime *rt, things *t) {
    printf("a task that had ended: %d\n", edo_task_join(t->done));
    edo_task_cancel(t->asleep); // does nothing
    printf("a task that was cancelled: %s\n", edo_error_name(edo_task_join(t->asleep)));
    edo_task *late = edo_spawn_on(rt, sleep_for_ever, NULL);
    printf("a spawn: %s\n", edo_error_name(edo_task_join(late)));
}

static void use_channel(things *t) {
    int value, err;
    while ((err = edo_mpsc_recv(t->rx, &value)) == 0) printf("a message: %d\n", value);
    printf("then: %s\n", edo_error_name(err));
    edo_mpsc_rx_free(t->rx);
}

/* This thread waits for the sockets itself. */
static int use_listener(things *t) {
    edo_addr addr;
    edo_stream *here = NULL, *there = NULL;
    char said[8] = "";
    int err = edo_listener_addr(t->listener, &addr);
    if (err == 0) err = edo_tcp_connect_addr(&here, &addr, NULL);
    if (err == 0) err = edo_accept(t->listener, &there);
    if (err == 0) err = edo_write_all(here, "hello", 5);
    if (err >= 0) err = edo_read(there, said, sizeof said - 1);
    printf("a connection says: %s\n", said);
    edo_close(here);
    edo_close(there);
    edo_listener_close(t->listener);
    return err;
}

int main(void) {
    edo_runtime *rt = NULL;
    things t;
    int err = open_all(&t);
    if (err == 0) err = edo_runtime_new(&rt, NULL);
    if (err == 0) err = edo_run(rt, use_all, &t);
    if (err == 0) {
        printf("given up: %d\n", edo_runtime_shutdown(rt, edo_s(5)));
        use_handles(rt, &t);
        edo_runtime_free(rt); // also its memory
        use_channel(&t);
        err = use_listener(&t);
    }
    if (err < 0) (void)fprintf(stderr, "%s\n", edo_strerror(err));
    return err < 0;
}
