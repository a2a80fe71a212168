/* SPDX-License-Identifier: MIT */
/* behaviours/behaviour.c: see behaviour.h: the ends, and how a script tells them what to do. */
#include "behaviour.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RUN_S 30 /* of a behaviour, which then says how far it has come */

/* ---- Words ----------------------------------------------------------------------------------- */

static void say(behaviour *self, const char *format, ...) EDO_PRINTF(2, 3);
static void say(behaviour *self, const char *format, ...) {
    size_t left = sizeof self->said - self->said_n;
    va_list args;
    va_start(args, format);
    int n = snprintf(self->said + self->said_n, left, "%s", self->said_n > 0 ? ", " : "");
    if ((size_t)n < left)
        n += vsnprintf(self->said + self->said_n + n, left - (size_t)n, format, args);
    va_end(args);
    self->said_n += (size_t)n < left ? (size_t)n : left - 1;
}

void note(behaviour *self, const char *word, int result) {
    if (result < 0)
        say(self, "%s %s", word, edo_error_name(result));
    else
        say(self, "%s %d", word, result);
}

void note_if(behaviour *self, const char *yes, const char *no, bool is_so) {
    say(self, "%s", is_so ? yes : no);
}

/* ---- An end ---------------------------------------------------------------------------------- */

static int end_perform(end *self) {
    self->held = self->wire->stream ? edo_stream_ref(self->wire->stream) : NULL;
    EDO_CANCEL(cut, self->cut);
    EDO_DEADLINE(limit, edo_ns(self->limit_ms > 0 ? edo_ms(self->limit_ms).ns : -1));
    int result = self->op(self, self->n);
    result = edo_deadline_end(&limit, result);
    result = edo_cancel_end(&cut, result);
    edo_stream_unref(self->held);
    return result;
}

static int end_new_cut(end *self) {
    edo_cancel_unref(self->cut);
    self->cut = NULL;
    return edo_cancel_new(&self->cut);
}

/* A task's function. It borrows the behaviour, which waits for it. */
static int end_run(void *arg) {
    end *self = arg;
    int err = 0;
    while (err == 0 && !self->is_over) {
        err = edo_notify_wait(&self->told);
        if (err < 0 || !self->op) continue;
        self->has_begun = true;
        edo_notify_one(&self->of->changed);
        self->result = end_perform(self);
        self->limit_ms = 0;
        err = end_new_cut(self);
        self->op = NULL;
        edo_notify_one(&self->of->changed);
    }
    self->has_ended = true;
    edo_notify_one(&self->of->changed);
    return err;
}

static void end_hand_over(end *self, const char *word, end_op *op, size_t n) {
    self->has_begun = false;
    self->word = word;
    self->n = n;
    self->op = op;
    edo_notify_one(&self->told);
}

static int end_await(end *self) {
    int err = 0;
    while (err == 0 && self->op) err = edo_notify_wait(&self->of->changed);
    return err < 0 ? err : self->result;
}

int end_quietly(end *self, end_op *op, size_t n) {
    end_hand_over(self, NULL, op, n);
    return end_await(self);
}

void end_begin(end *self, const char *word, end_op *op, size_t n) {
    int err = 0;
    end_hand_over(self, word, op, n);
    // it runs on until it waits before anybody else does
    while (err == 0 && !self->has_begun) err = edo_notify_wait(&self->of->changed);
}

void end_note_waits(end *self) {
    note_if(self->of, "it waits", "it does not wait", self->op != NULL);
}

int end_finish(end *self) {
    char what[64];
    int result = end_await(self);
    (void)snprintf(what, sizeof what, "%s %s", self->name, self->word);
    note(self->of, what, result);
    return result;
}

end *end_first(end *a, end *b) {
    int err = 0;
    while (err == 0 && a->op && b->op) err = edo_notify_wait(&a->of->changed);
    return a->op ? b : a;
}

int end_do(end *self, const char *word, end_op *op, size_t n) {
    end_hand_over(self, word, op, n);
    return end_finish(self);
}

void end_cut(end *self) {
    edo_cancel(self->cut, EDO_CANCEL_USER);
}

void end_share(end *self, end *with) {
    self->wire = with->wire;
}

/* ---- Both ------------------------------------------------------------------------------------ */

void meet_and_listen(behaviour *self) {
    int err = self->listener ? 0 : end_quietly(self->server, op_listen, 0);
    if (err == 0) err = end_quietly(self->client, op_connect, 0);
    if (err == 0) err = end_quietly(self->server, op_accept, 0);
    if (err < 0) note(self, "they do not meet", err);
}

void meet(behaviour *self) {
    meet_and_listen(self);
    (void)end_quietly(self->server, op_unlisten, 0);
}

/* ---- The whole ------------------------------------------------------------------------------- */

static void behaviour_init_ends(behaviour *self) {
    static const char *const names[ENDS_N] = { "server",  "client",  "server2",
                                               "client2", "server3", "client3" };
    end **const all[ENDS_N] = { &self->server,  &self->client,  &self->server2,
                                &self->client2, &self->server3, &self->client3 };
    for (size_t i = 0; i < ENDS_N; i++) {
        end *e = *all[i] = &self->ends[i];
        e->of = self;
        e->name = names[i];
        e->where = i % 2 == 0 ? SERVER : CLIENT;
        e->wire = &e->own;
        e->has_ended = true;
    }
}

static int behaviour_start_end(behaviour *self, end *e) {
    int err = end_new_cut(e);
    if (err < 0) return err;
    e->has_ended = false;
    err = self->spawn ? self->spawn(self, e->where, end_run, e)
                      : edo_scope_spawn(self->tasks, end_run, e);
    if (err < 0) e->has_ended = true;
    return err;
}

/* What an end does is cut; its streams are closed at its host. */
static void behaviour_stop_end(behaviour *self, end *e) {
    int err = 0;
    if (e->has_ended) return;
    end_cut(e);
    (void)end_await(e);
    if (e->own.stream) (void)end_quietly(e, op_close, 0);
    (void)end_quietly(e, op_leave, 0);
    if (e == self->server) (void)end_quietly(e, op_unlisten, 0);
    e->is_over = true;
    edo_notify_one(&e->told);
    while (err == 0 && !e->has_ended) err = edo_notify_wait(&self->changed);
    edo_cancel_unref(e->cut);
    e->cut = NULL;
}

static int behaviour_perform(behaviour *self, const behaviour_row *row) {
    int err = 0;
    for (size_t i = 0; err == 0 && i < ENDS_N; i++) err = behaviour_start_end(self, &self->ends[i]);
    EDO_DEADLINE(d, edo_s(RUN_S));
    if (err == 0) err = row->fn(self);
    err = edo_deadline_end(&d, err);
    if (err < 0) note(self, "it ended by", err);
    for (size_t i = ENDS_N; i-- > 0;) behaviour_stop_end(self, &self->ends[i]);
    return err;
}

int behaviour_run(behaviour *self, const behaviour_row *row) {
    behaviour_init_ends(self);
    EDO_SCOPE(tasks, NULL);
    self->tasks = &tasks;
    return edo_scope_end(&tasks, behaviour_perform(self, row));
}
