/* SPDX-License-Identifier: MIT */
/* callback.c: a library that calls back, on a thread of its own, turned into an await. */
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

/* ---- The library: you cannot change it. ---- */

typedef void look_up_done(void *arg, int answer);

typedef struct look_up_job {
    look_up_done *done;
    void *arg;
    int key;
    pthread_t thread;
} look_up_job;

static void *look_up_thread(void *arg) {
    look_up_job *job = arg;
    job->done(job->arg, job->key * job->key);
    return NULL;
}

static int look_up_start(look_up_job *job) {
    return pthread_create(&job->thread, NULL, look_up_thread, job);
}

/* ---- The bridge: the callback sends, the task receives. ---- */

static void send_answer(void *arg, int answer) {
    (void)edo_oneshot_send(arg, &answer); // perhaps nobody waits any more
}

static int look_up(int key) {
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    int err = edo_oneshot_new(&tx, &rx, sizeof(int), NULL);
    if (err < 0) return err;
    look_up_job job = { .done = send_answer, .arg = tx, .key = key };
    int failed = look_up_start(&job);
    if (failed) edo_oneshot_tx_free(tx);
    int answer = 0;
    err = failed ? -failed : edo_oneshot_recv(rx, &answer);
    edo_oneshot_rx_free(rx);
    if (!failed) pthread_join(job.thread, NULL); // short: it has called back
    return err < 0 ? err : answer;
}

static int root(void *arg) {
    (void)arg;
    int answer = look_up(12);
    printf("the answer is %d\n", answer);
    return answer < 0 ? answer : 0;
}

int main(void) {
    return edo_main(root, NULL);
}
