/* SPDX-License-Identifier: MIT */
/* stream.c: see stream.h. A conversation has two fibers: the handler's, which reads requests and
 * does what they say, and a child of its scope, which sends what is in the outbox. The outbox is
 * between them, and says which of them has ended the conversation, and why.
 *
 * A client that does not read is let go as a page is: when its outbox is full, or when it takes too
 * long for a message. */
#include "stream/stream.h"

#include "person/visit.h"
#include "stream/outbox.h"
#include "stream/translate.h"

#include <edo/error.h>
#include <edo/http_server.h>
#include <edo/log.h>
#include <edo/scope.h>
#include <edo/web_guard.h>

#include <errno.h>
#include <stddef.h>

static const edo_duration hello_max = EDO_S(5);
static const edo_duration message_max = EDO_S(10); /* for a message, and a second more for each */
#define MESSAGE_RATE 16384                         /* bytes of its frame */
static const edo_duration rest_max = EDO_S(10);    /* for what waits when a client has said all */

typedef struct stream {
    edo_grpc_call *call; /* const */
    ticket at;           /* const */
    leaver leaver;
    outbox *out;      /* const */
    user *user;       /* the reader's; NULL: no hello has come */
    unsigned counted; /* likewise; work for requests since the last turn: see turn_count() */
} stream;

/* ---- Writing --------------------------------------------------------------------------------- */

/* In a turn, since a client that comes to many rooms is shown much. */
static int stream_translate(const stream *self, const message *m, chat_v1_event *out,
                            edo_arena *arena) {
    turn t = turn_take(&self->at.at->directory.turns, TURN_SHOW, ticket_key(&self->at));
    int err = translate_event(out, m->frame, arena);
    turn_end(&t, 1 + (unsigned)(m->frame.len / TURN_BYTES));
    return err;
}

static int stream_send(const stream *self, const message *m) {
    edo_arena arena = { 0 };
    chat_v1_event event;
    int err = stream_translate(self, m, &event, &arena);
    if (err == 0) {
        EDO_DEADLINE(d,
                     edo_ns(message_max.ns + (int64_t)(m->frame.len / MESSAGE_RATE) * edo_s(1).ns));
        err = edo_deadline_end(&d, chat_v1_chat_talk_send(self->call, &event));
    }
    edo_arena_deinit(&arena);
    return err;
}

/* `arg` is the stream; a task's function. */
static int talk_write(void *arg) {
    stream *self = arg;
    message *m;
    int err = 0;
    while (err == 0 && outbox_take(self->out, &m) == 0) {
        err = stream_send(self, m);
        edo_rc_unref(m);
    }
    if (err < 0) outbox_close(self->out, err == -ETIMEDOUT ? OUTBOX_FULL : OUTBOX_LOST);
    return 0; // a client that is gone is no failure of the server
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* The next request, as edo_grpc_recv(); also -ECANCELED once the outbox has ended. */
static int stream_next(const stream *self, chat_v1_request *in) {
    EDO_CANCEL(b, outbox_over(self->out));
    return edo_cancel_end(&b, chat_v1_chat_talk_recv(self->call, in));
}

static int refuse_first(const stream *self, int err) {
    char why[200];
    if (edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE) >= sizeof why)
        text_mark_cut(why, sizeof why);
    edo_info_kv("a hello was refused", EDO_KV("why", why));
    edo_trail_clear();
    return edo_grpc_fail(self->call, EDO_GRPC_INVALID_ARGUMENT, "no hello: %s", why);
}

static int stream_hello(stream *self, const chat_v1_hello *in) {
    char session[SESSION_BYTES_MAX + 1];
    hello first;
    int err = translate_hello(&first, in, edo_grpc_arena(self->call));
    if (err == 0) err = hello_check(&first);
    if (err == 0) err = hello_session(&first, session);
    if (err == -EPROTO || err == -EDO_EVALUE) return refuse_first(self, err);
    if (err < 0) return err;
    const visit v = { self, outbox_outlet(self->out), ticket_key(&self->at) };
    return visit_begin(&self->user, self->at.at, &v, session, &first);
}

/* Returns 1 after a hello; 0: the client has ended without one. */
static int stream_begin(stream *self) {
    chat_v1_request in;
    EDO_DEADLINE(d, hello_max);
    int got = edo_deadline_end(&d, stream_next(self, &in));
    if (got == -ETIMEDOUT)
        return edo_grpc_fail(self->call, EDO_GRPC_DEADLINE_EXCEEDED, "no hello came");
    if (got <= 0) return got;
    if (in.kind != CHAT_V1_REQUEST_KIND_HELLO)
        return refuse_first(self, edo_fail(-EPROTO, "the first message is no hello"));
    int err = stream_hello(self, in.hello);
    return err < 0 ? err : 1;
}

/* A request is work also if it is refused, or of a kind that nothing paces. */
static int stream_do(stream *self, const chat_v1_request *in) {
    user_request r;
    turn_count(&self->at.at->directory.turns, TURN_ASK, ticket_key(&self->at), 1, &self->counted);
    bool is_known = translate_request(&r, in);
    int err = visit_lock(self->user, self);
    if (err != 0) return err < 0 ? err : -EDO_ECLOSED; // it was taken over
    err = request_do(self->user, is_known ? &r : NULL);
    edo_mutex_unlock(&self->user->using);
    return err;
}

/* Does what the client asks for, until it has said all (0), or the conversation ends. */
static int stream_converse(stream *self) {
    chat_v1_request in;
    int got = stream_begin(self);
    while (got == 1) {
        got = stream_next(self, &in);
        int err = got == 1 ? stream_do(self, &in) : 0;
        if (err < 0) got = err;
    }
    return got;
}

/* ---- Its life -------------------------------------------------------------------------------- */

/* The code by which the call ends, whose reader has ended with `err`. */
static int stream_status(const stream *self, int err) {
    edo_grpc_call *call = self->call;
    switch (outbox_why(self->out)) {
    case OUTBOX_TAKEN:
        return edo_grpc_fail(call, EDO_GRPC_ABORTED, "this session is used by another connection");
    case OUTBOX_FULL:
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "the client does not read");
    case OUTBOX_LOST: return -ECANCELED;
    case OUTBOX_OPEN:
    case OUTBOX_DONE: break;
    }
    bool is_drain = edo_cancel_is_set(edo_request_drain(edo_grpc_request(call)));
    return is_drain && err < 0 ? edo_grpc_fail(call, EDO_GRPC_UNAVAILABLE, "the server ends") : err;
}

/* Lets the writer send what is left, unless its client does not take it. Owns: takes the writer;
 * NULL: there is none. */
static void stream_flush(const stream *self, edo_task *writing) {
    outbox_close(self->out, OUTBOX_DONE);
    if (outbox_why(self->out) != OUTBOX_DONE) {
        edo_task_unref(writing);
    } else if (writing) {
        EDO_DEADLINE(d, rest_max);
        (void)edo_deadline_end(&d, edo_task_join(writing));
    }
}

static int stream_run(stream *self) {
    EDO_SCOPE(both, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    edo_task *writing = edo_scope_spawn_handle(&both, talk_write, self);
    int err = writing ? stream_converse(self) : -ENOMEM;
    visit_end(self->user, self);
    stream_flush(self, writing);
    edo_scope_cancel(&both); // a writer whose client does not read
    (void)edo_scope_end(&both, 0);
    return stream_status(self, err);
}

/* Returns 0, or the code by which the call ends: there is no place for it. */
static int stream_take_place(stream *self, server *at) {
    edo_addr from;
    char key[EDO_ADDR_KEY_BYTES];
    if (edo_request_client(edo_grpc_request(self->call), &from) < 0) return -ECANCELED;
    int err = edo_keyed_limiter_check(at->arrivals, NULL, edo_addr_key(&from, key), 1);
    err = err < 0 ? -EBUSY : ticket_take(&self->at, at, PLACE_STREAM, &from);
    if (err == 0) return 0;
    return edo_grpc_fail(self->call, EDO_GRPC_RESOURCE_EXHAUSTED,
                         err == -EBUSY ? "too many connections" : "the server is full");
}

/* What was said is still sent to it. */
static void stream_leave(leaver *l) {
    const stream *self = (const stream *)(const void *)((const char *)l - offsetof(stream, leaver));
    outbox_close(self->out, OUTBOX_DONE);
}

/* With --drain it is sent away in its turn, while the door is closed already. */
static int stream_serve(stream *self, server *at) {
    edo_cancel_token *drain = edo_request_drain(edo_grpc_request(self->call));
    self->out = outbox_new(at->options->drain.ns > 0 ? at->draining : drain);
    if (!self->out) return -ENOMEM;
    self->leaver.leave = stream_leave;
    leaver_add(at, &self->leaver);
    int err = stream_run(self);
    leaver_remove(at, &self->leaver);
    return err;
}

int stream_talk(edo_grpc_call *call) {
    server *at = edo_grpc_arg(call);
    stream self = { .call = call };
    int err = stream_take_place(&self, at);
    if (err < 0) return err;
    at->streams_n++;
    err = stream_serve(&self, at);
    at->streams_n--;
    outbox_unref(self.out);
    ticket_return(&self.at);
    return err;
}

edo_str stream_address(edo_grpc_call *call, char key[EDO_ADDR_KEY_BYTES]) {
    edo_addr from;
    if (edo_request_client(edo_grpc_request(call), &from) < 0) return (edo_str){ 0 };
    return edo_addr_key(&from, key);
}
