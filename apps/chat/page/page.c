/* SPDX-License-Identifier: MIT */
/* page.c: see page.h. The functions of the socket's handler are called one at a time, and may
 * wait. */
#include "page/page.h"

#include "page/web.h"
#include "person/visit.h"
#include "server.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/web_guard.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define QUEUE_MAX       1024       /* frames that wait for a page to read */
#define QUEUE_BYTES_MAX (4u << 20) /* of them; rooms share theirs among all pages */
#define MOVED           4002       /* the close code: another server goes on; link.js has it, too */

static const edo_duration hello_max = EDO_S(5);

struct page {
    ticket at; /* const */
    leaver leaver;
    edo_ws *ws;
    user *user;             /* NULL: it has not said hello; a share */
    unsigned counted;       /* work for messages since its last turn: see turn_count() */
    edo_delayq_key silence; /* among the silent ones, until it says hello */
};

/* ---- All pages ------------------------------------------------------------------------------- */

void pages_init(pages *self, const server *at) {
    *self = (pages){ .socket = { 0 } };
    // Escaped, a byte may become six.
    self->socket.message_max = 6 * (size_t)at->options->line_bytes_max + 4096;
    self->socket.write_timeout = edo_s(10);
    self->socket.queue_max = QUEUE_MAX;
    self->socket.queue_bytes_max = QUEUE_BYTES_MAX;
    self->socket.origins = at->options->origins;
    self->socket.origins_n = at->options->origins_n;
    edo_delayq_init(&self->silent);
}

void pages_deinit(pages *self) {
    edo_delayq_deinit(&self->silent);
}

/* The page has said hello, or is over. */
static void end_silence(pages *self, const page *p) {
    void *ws;
    if (edo_delayq_remove(&self->silent, p->silence, &ws) == 0) edo_ws_unref(ws);
}

void pages_reap(pages *self) {
    edo_delayq_key key;
    edo_instant due_at;
    void *ws;
    while (edo_delayq_peek(&self->silent, &key, &due_at) == 0 && due_at.ns <= edo_now().ns) {
        if (edo_delayq_remove(&self->silent, key, &ws) < 0) continue;     // it has just said hello
        (void)edo_ws_close(ws, EDO_WS_CLOSE_POLICY, EDO_STR("no hello")); // it may be over
        edo_ws_unref(ws);
    }
}

/* ---- One page -------------------------------------------------------------------------------- */

/* Gives back what page_open() has taken. */
static void page_free(page *self) {
    ticket_return(&self->at);
    free(self);
}

static void page_send_away(leaver *l) {
    const page *self = (const page *)(const void *)((const char *)l - offsetof(page, leaver));
    // One that is over needs no close.
    (void)edo_ws_close(self->ws, MOVED, EDO_STR("another server goes on"));
}

static int on_open(edo_ws *ws) {
    page *p = edo_ws_arg(ws);
    p->ws = ws;
    p->leaver.leave = page_send_away;
    leaver_add(p->at.at, &p->leaver);
    pages *all = &p->at.at->web->pages;
    p->at.at->pages_n++;
    int err = edo_delayq_insert(&all->silent, &p->silence, edo_ws_ref(ws), hello_max);
    if (err < 0) edo_ws_unref(ws);
    return err;
}

/* Says why, to the page and in the log; the reason of a close has 123 bytes at most. */
static int refuse_hello(page *self, int err) {
    char why[200], reason[120];
    if (edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE) >= sizeof why)
        text_mark_cut(why, sizeof why);
    edo_info_kv("a hello was refused", EDO_KV("why", why));
    int n = snprintf(reason, sizeof reason, "no hello: %s", why);
    if (n >= (int)sizeof reason) text_mark_cut(reason, sizeof reason);
    return edo_ws_close(self->ws, EDO_WS_CLOSE_POLICY, edo_str_of(reason));
}

static int on_hello(page *self, edo_str text, edo_arena *arena) {
    char session[SESSION_BYTES_MAX + 1];
    hello first;
    int err = request_hello(&first, text, arena);
    if (err == 0) err = hello_session(&first, session);
    if (err == -EPROTO || err == -EDO_EJSON) return refuse_hello(self, err);
    if (err < 0) return err;
    end_silence(&self->at.at->web->pages, self);
    const visit v = { self, page_outlet(self->ws), ticket_key(&self->at) };
    return visit_begin(&self->user, self->at.at, &v, session, &first);
}

static int on_request(page *self, edo_str text, edo_arena *arena) {
    int err = visit_lock(self->user, self);
    if (err != 0) return err < 0 ? err : 0; // it was taken over
    err = request_do_json(self->user, text, arena);
    edo_mutex_unlock(&self->user->using);
    return err;
}

/* A message is work also if it is refused, or of a kind that nothing paces. */
static int on_message(edo_ws *ws, const edo_ws_message *m) {
    page *self = edo_ws_arg(ws);
    edo_arena arena = { 0 };
    unsigned work = 1 + (unsigned)(m->data.len / TURN_BYTES);
    turn_count(&self->at.at->directory.turns, TURN_ASK, ticket_key(&self->at), work,
               &self->counted);
    int err = m->kind != EDO_WS_TEXT
                  ? edo_ws_close(ws, EDO_WS_CLOSE_UNSUPPORTED, EDO_STR("messages are JSON text"))
              : self->user ? on_request(self, m->data, &arena)
                           : on_hello(self, m->data, &arena);
    edo_arena_deinit(&arena);
    bool is_over = err == -EDO_ECLOSED || err == -EPIPE || err == -ETIMEDOUT || err == -ENOBUFS;
    return is_over ? 0 : err; // on_close() follows by itself
}

static void on_close(edo_ws *ws) {
    page *self = edo_ws_arg(ws);
    server *at = self->at.at;
    leaver_remove(at, &self->leaver);
    visit_end(self->user, self);
    end_silence(&at->web->pages, self);
    at->pages_n--;
    page_free(self);
}

int page_open(edo_web *w) {
    static const edo_ws_handler handler = { .on_open = on_open,
                                            .on_message = on_message,
                                            .on_close = on_close };
    server *at = edo_web_state(w);
    edo_addr from;
    if (edo_request_client(edo_web_request(w), &from) < 0) // it has broken the connection off
        return edo_web_reply_status(w, EDO_STATUS_BAD_REQUEST);
    if (server_is_leaving(at)) // a balancer may try another one
        return edo_web_reply_problem(w, EDO_STATUS_SERVICE_UNAVAILABLE, "this server ends");
    page *p = calloc(1, sizeof *p);
    if (!p) return -ENOMEM;
    int err = ticket_take(&p->at, at, PLACE_PAGE, &from);
    if (err < 0) {
        free(p);
        edo_status status =
            err == -EBUSY ? EDO_STATUS_TOO_MANY_REQUESTS : EDO_STATUS_SERVICE_UNAVAILABLE;
        return edo_web_reply_problem(w, status, "too many connections");
    }
    err = edo_ws_handle(w, &handler, p, &at->web->pages.socket);
    if (err < 0) page_free(p);
    return err;
}
