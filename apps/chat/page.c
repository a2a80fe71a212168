/* SPDX-License-Identifier: MIT */
/* page.c: see page.h. The functions of the socket's handler are called one at a time, and may wait.
 *
 * inv. 1: a page uses its user only with the user's `using` locked, and only while it is the user's
 *         page: another connection of the session may have taken it over. */
#include "page.h"

#include "request.h"
#include "server.h"
#include "sessions.h"

#include <edo/error.h>
#include <edo/scope.h>
#include <edo/trace.h>
#include <edo/web_guard.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define QUEUE_MAX             1024       /* frames that wait for a page to read */
#define QUEUE_BYTES_MAX       (4u << 20) /* of them; rooms share theirs among all pages */
#define HANDSHAKES_PER_SECOND 100        /* of one address */
#define HANDSHAKES_BURST      1000
#define SPEECH_SHARE          10 /* an address may say as much as this many people */
#define SPEECH_BURST          1000

static const edo_duration hello_max = EDO_S(5);

struct page {
    server *server;
    edo_ws *ws;
    user *user;                   /* NULL: it has not said hello; a share */
    char key[EDO_ADDR_KEY_BYTES]; /* const; of its address */
    edo_keyed_permit *address;    /* const once it is open; of the server's `addresses` */
    edo_instant opened_at;
    bool is_silent;           /* lock: that of the pages */
    TAILQ_ENTRY(page) silent; /* if is_silent */
};

/* ---- All pages ------------------------------------------------------------------------------- */

int pages_init(pages *self, const server *at) {
    const edo_keyed_limiter_opts handshakes = { .limit = { .num = HANDSHAKES_PER_SECOND,
                                                           .burst = HANDSHAKES_BURST } };
    *self = (pages){ .speech = NULL };
    // Escaped, a byte may become six.
    self->socket.message_max = 6 * (size_t)at->options->line_bytes_max + 4096;
    self->socket.write_timeout = edo_s(10);
    self->socket.queue_max = QUEUE_MAX;
    self->socket.queue_bytes_max = QUEUE_BYTES_MAX;
    self->socket.origins = at->options->origins;
    self->socket.origins_n = at->options->origins_n;
    TAILQ_INIT(&self->silent);
    pthread_mutex_init(&self->lock, NULL);
    int err = edo_keyed_limiter_new(&self->handshakes, &handshakes);
    if (err < 0 || at->options->rate == 0) return err;
    const edo_keyed_limiter_opts speech = {
        .limit = { .num = SPEECH_SHARE * (uint64_t)at->options->rate, .burst = SPEECH_BURST }
    };
    return edo_keyed_limiter_new(&self->speech, &speech);
}

void pages_deinit(pages *self) {
    edo_keyed_limiter_free(self->handshakes);
    edo_keyed_limiter_free(self->speech);
    pthread_mutex_destroy(&self->lock);
}

static void begin_silence(pages *self, page *p) {
    pthread_mutex_lock(&self->lock);
    p->is_silent = true;
    TAILQ_INSERT_TAIL(&self->silent, p, silent);
    pthread_mutex_unlock(&self->lock);
}

/* The page has said hello, or is over. */
static void end_silence(pages *self, page *p) {
    pthread_mutex_lock(&self->lock);
    if (p->is_silent) TAILQ_REMOVE(&self->silent, p, silent);
    p->is_silent = false;
    pthread_mutex_unlock(&self->lock);
}

/* Takes the socket of the next page out that has been silent for too long; NULL: there is none. */
static edo_ws *next_silent(pages *self, edo_instant opened_until) {
    pthread_mutex_lock(&self->lock);
    page *p = TAILQ_FIRST(&self->silent);
    edo_ws *ws = NULL;
    if (p && p->opened_at.ns <= opened_until.ns) {
        TAILQ_REMOVE(&self->silent, p, silent);
        p->is_silent = false;
        ws = edo_ws_ref(p->ws);
    }
    pthread_mutex_unlock(&self->lock);
    return ws;
}

void pages_reap(pages *self) {
    edo_instant until = { .ns = edo_now().ns - hello_max.ns };
    for (edo_ws *ws; (ws = next_silent(self, until)); edo_ws_unref(ws))
        (void)edo_ws_close(ws, EDO_WS_CLOSE_POLICY, "no hello"); // it may be over
}

/* ---- One page -------------------------------------------------------------------------------- */

/* Gives back what page_open() has taken. */
static void page_free(page *self) {
    edo_keyed_sem_release(self->server->addresses, self->address);
    edo_sem_release(&self->server->places, 1);
    free(self);
}

static int on_open(edo_ws *ws) {
    page *p = edo_ws_arg(ws);
    p->ws = ws;
    p->opened_at = edo_now();
    p->server->pages.open_n++;
    begin_silence(&p->server->pages, p);
    return 0;
}

/* With the user's `using` locked; `is_new`: it is to arrive. */
static int begin(page *self, user *u, const hello *first, bool is_new) {
    int err = 0;
    if (is_new) {
        u->may_have_said = first->session.len > 0;
        err = user_arrive(u, first->nick);
        if (err < 0) sessions_forget(&self->server->sessions, u);
    }
    if (err < 0) return err;
    self->user = edo_rc_ref(u);
    user_attach(u, self, self->ws);
    return request_welcome(u, first);
}

/* Says why, to the page and in the log; the reason of a close has 123 bytes at most. */
static int refuse_hello(page *self, int err) {
    char why[200], reason[120];
    (void)edo_trail_format(why, sizeof why, err, EDO_TRAIL_LINE);
    edo_info_kv("a hello was refused", EDO_KV("why", why));
    int n = snprintf(reason, sizeof reason, "no hello: %s", why);
    if (n >= (int)sizeof reason) n = (int)sizeof reason - 1;
    while (n > 0 && (reason[n - 1] & 0x80)) reason[--n] = '\0'; // no part of a character is left
    return edo_ws_close(self->ws, EDO_WS_CLOSE_POLICY, reason);
}

static int on_hello(page *self, edo_str text, edo_arena *arena) {
    char session[SESSION_BYTES_MAX + 1];
    hello first;
    user *u;
    int err = request_hello(&first, text, arena);
    if (err == 0) err = hello_session(&first, session);
    if (err == -EPROTO || err == -EDO_EJSON) return refuse_hello(self, err);
    if (err < 0) return err;
    end_silence(&self->server->pages, self);
    int claimed = sessions_claim(&self->server->sessions, self->server, session, &u);
    if (claimed < 0) return claimed;
    err = begin(self, u, &first, claimed == 0);
    edo_mutex_unlock(&u->using);
    edo_rc_unref(u);
    return err;
}

static int on_request(page *self, edo_str text, edo_arena *arena) {
    user *u = self->user;
    int err = edo_mutex_lock(&u->using);
    if (err < 0) return err;
    if (u->page == self) err = request_do(u, text, arena); // else it was taken over
    edo_mutex_unlock(&u->using);
    return err;
}

static int on_message(edo_ws *ws, const edo_ws_message *m) {
    page *self = edo_ws_arg(ws);
    edo_arena arena = { 0 };
    int err = m->kind != EDO_WS_TEXT
                  ? edo_ws_close(ws, EDO_WS_CLOSE_UNSUPPORTED, "messages are JSON text")
              : self->user ? on_request(self, m->data, &arena)
                           : on_hello(self, m->data, &arena);
    edo_arena_deinit(&arena);
    bool is_over = err == -EDO_ECLOSED || err == -EPIPE || err == -ENOBUFS;
    return is_over ? 0 : err; // on_close() follows by itself
}

static void on_close(edo_ws *ws) {
    page *self = edo_ws_arg(ws);
    server *at = self->server;
    user *u = self->user;
    edo_shield sh = edo_shield_begin(edo_ns(-1)); // whatever ends it, its user is held
    if (u && edo_mutex_lock(&u->using) == 0) {
        if (u->page == self) {
            user_detach(u);
            sessions_hold(&at->sessions, u);
        }
        edo_mutex_unlock(&u->using);
    }
    edo_shield_end(&sh);
    edo_rc_unref(u);
    end_silence(&at->pages, self);
    at->pages.open_n--;
    page_free(self);
}

static edo_str key_of(const page *self) {
    return (edo_str){ self->key, sizeof self->key };
}

bool page_may_speak(const page *self) {
    edo_keyed_limiter *speech = self->server->pages.speech;
    return !speech || edo_keyed_limiter_check(speech, NULL, key_of(self), 1) == 0;
}

/* ---- Turning away ---------------------------------------------------------------------------- */

/* Takes a place; returns a response's code if there is none, else 0. */
static int enter(server *at, page *p) {
    if (edo_keyed_limiter_check(at->pages.handshakes, NULL, key_of(p), 1) < 0)
        return EDO_STATUS_TOO_MANY_REQUESTS;
    if (edo_keyed_sem_try_acquire(at->addresses, &p->address, key_of(p)) < 0)
        return EDO_STATUS_TOO_MANY_REQUESTS;
    if (edo_sem_try_acquire(&at->places, 1) == 0) return 0;
    edo_keyed_sem_release(at->addresses, p->address);
    return EDO_STATUS_SERVICE_UNAVAILABLE;
}

int page_open(edo_web *w) {
    static const edo_ws_handler handler = { .on_open = on_open,
                                            .on_message = on_message,
                                            .on_close = on_close };
    server *at = edo_web_state(w);
    edo_addr from;
    if (edo_request_client(edo_web_request(w), &from) < 0) // it has broken the connection off
        return edo_web_reply_status(w, EDO_STATUS_BAD_REQUEST);
    page *p = calloc(1, sizeof *p);
    if (!p) return -ENOMEM;
    *p = (page){ .server = at };
    (void)edo_addr_key(&from, p->key);
    int refused = enter(at, p);
    if (refused) {
        free(p);
        return edo_web_reply_problem(w, (edo_status)refused, "too many connections");
    }
    int err = edo_ws_handle(w, &handler, p, &at->pages.socket);
    if (err < 0) page_free(p);
    return err;
}
