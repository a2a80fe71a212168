/* SPDX-License-Identifier: MIT */
/* notify_service.c: a notification service with a channel of each kind. Handlers put notes into a
 * queue (mpsc); a batcher sends them by fours, or what there is after 50 ms; a changed
 * configuration (watch) changes the limit of each handler; a health request is replied to
 * (oneshot); and the end reaches everybody at once (broadcast). */
#include <edo/edo.h>
#include <edo/limiter.h>
#include <edo/seq_chunks.h>

#include <errno.h>
#include <stdio.h>

#define HANDLERS 3
#define BATCH    4

typedef struct note {
    int from, number;
} note;

typedef struct service {
    edo_mpsc_tx *queue;
    edo_seq *batches; /* of its notes */
    edo_mpsc_tx *ask; /* of edo_oneshot_tx *: each gets the number of notes sent */
    edo_mpsc_rx *asked;
    edo_watch_tx *config; /* of an int: notes a second of each handler */
    edo_broadcast_tx *stop;
    int sent;
} service;

typedef struct handler {
    service *svc;
    edo_watch_rx *config;
    edo_broadcast_rx *stop;
    int id, made;
} handler;

/* ---- Handlers -------------------------------------------------------------------------------- */

/* Makes notes at the rate of the configuration, until it is told to stop. */
static int handle(void *arg) {
    handler *h = arg;
    int rate = 0, why = 0;
    for (;;) {
        edo_limiter limit;
        edo_watch_read_update(h->config, &rate);
        int err =
            edo_limiter_init(&limit, &(edo_limiter_opts){ .num = (uint64_t)rate, .burst = 1 });
        while (err == 0 && edo_watch_has_changed(h->config) == 0) {
            uint64_t missed;
            if (edo_broadcast_try_recv(h->stop, &why, &missed) != -EAGAIN) return 0;
            err = edo_limiter_wait(&limit, 1, NULL);
            note n = { h->id, h->made++ };
            if (err == 0) err = edo_mpsc_send(h->svc->queue, &n);
        }
        if (err < 0) return err;
    }
}

/* ---- The batcher ----------------------------------------------------------------------------- */

static int send_batches(void *arg) {
    service *s = arg;
    edo_chunk batch;
    int rc;
    while ((rc = edo_seq_next(s->batches, &batch)) == 1) s->sent += (int)batch.n;
    return rc; // 0: the last handler is gone, and the queue is empty
}

/* ---- Health ---------------------------------------------------------------------------------- */

static void drop_question(void *elem) { // nobody replies any more
    edo_oneshot_tx_free(*(edo_oneshot_tx **)elem);
}

static int reply_health(void *arg) {
    service *s = arg;
    edo_oneshot_tx *reply;
    while (edo_mpsc_recv(s->asked, &reply) == 0) {
        if (edo_oneshot_send(reply, &s->sent) < 0) continue; // whoever asked has gone
    }
    return 0;
}

static int ask_health(service *s, int *sent) {
    edo_oneshot_tx *reply;
    return edo_actor_call(s->ask, sent, sizeof *sent, &reply, &reply);
}

/* ---- All together ---------------------------------------------------------------------------- */

static int start(service *s) {
    int rate = 100;
    edo_mpsc_rx *notes;
    int err = edo_mpsc_new(&s->queue, &notes, sizeof(note), 16, NULL);
    if (err < 0) return err;
    s->batches = edo_seq_chunks_timeout(edo_seq_from_mpsc(notes), BATCH, edo_ms(50));
    edo_mpsc_opts asked = { .drop = drop_question };
    err = edo_mpsc_new(&s->ask, &s->asked, sizeof(edo_oneshot_tx *), 1, &asked);
    if (err == 0) err = edo_watch_new(&s->config, NULL, sizeof rate, &rate, NULL);
    if (err == 0) err = edo_broadcast_new(&s->stop, NULL, sizeof(int), 1, NULL);
    return err;
}

static int start_handlers(service *s, handler *handlers, edo_scope *scope) {
    int err = 0;
    for (int i = 0; i < HANDLERS && err == 0; i++) {
        handlers[i] = (handler){ .svc = s, .id = i };
        err = edo_watch_subscribe(&handlers[i].config, s->config);
        if (err == 0) err = edo_broadcast_subscribe(&handlers[i].stop, s->stop);
        if (err == 0) err = edo_scope_spawn(scope, handle, &handlers[i]);
    }
    return err;
}

/* A second at 100 notes a second each, one at 20, and the end. */
static int use(service *s) {
    int sent = 0, before = 0, rate = 20, why = 0;
    int err = edo_sleep(edo_s(1));
    if (err == 0) err = ask_health(s, &before);
    if (err == 0) err = edo_watch_send(s->config, &rate);
    if (err == 0) err = edo_sleep(edo_s(1));
    if (err == 0) err = ask_health(s, &sent);
    if (err < 0) return err;
    printf("sent in the first second: about %d\n", (before + 10) / 20 * 20);
    printf("in the second one: about %d\n", (sent - before + 10) / 20 * 20);
    return edo_broadcast_send(s->stop, &why);
}

static int root(void *arg) {
    service s = { .sent = 0 };
    handler handlers[HANDLERS] = { { .made = 0 } };
    (void)arg;
    int err = start(&s);
    if (err < 0) return err;
    EDO_SCOPE(serving, NULL);
    edo_scope_spawn(&serving, send_batches, &s);
    edo_scope_spawn(&serving, reply_health, &s);
    EDO_SCOPE(working, NULL);
    err = start_handlers(&s, handlers, &working);
    if (err == 0) err = use(&s);
    err = edo_scope_end(&working, err);
    edo_mpsc_tx_unref(s.queue); // the batcher sends what is left, and ends
    edo_mpsc_tx_unref(s.ask);
    int served = edo_scope_end(&serving, 0);
    int made = 0;
    for (int i = 0; i < HANDLERS; i++) {
        made += handlers[i].made;
        edo_watch_rx_free(handlers[i].config);
        edo_broadcast_rx_free(handlers[i].stop);
    }
    printf("made and not sent: %d\n", made - s.sent);
    edo_seq_free(s.batches);
    edo_mpsc_rx_free(s.asked);
    edo_watch_tx_unref(s.config);
    edo_broadcast_tx_unref(s.stop);
    return err < 0 ? err : served;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
