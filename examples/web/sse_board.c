/* SPDX-License-Identifier: MIT */
/* sse_board.c: what one page writes all pages see, as server-sent events, however many look on.
 *
 *     sse_board HOST:PORT
 *     curl -N http://127.0.0.1:8080/board
 *     curl -d 'it rains' http://127.0.0.1:8080/board
 *
 * A page that is silent costs its connection some 700 bytes: it has neither a fiber nor a buffer,
 * and each note is printed once for all. */
#include <edo/edo.h>
#include <edo/sse.h>
#include <edo/web.h>

#include <errno.h>
#include <pthread.h>

typedef struct page {
    struct page *next, **at; /* of the list */
    struct board *board;
    edo_sse_events *events; /* counted */
} page;

typedef struct board {
    pthread_mutex_t lock;
    page *pages; /* lock */
} board;

static int enter(edo_sse_events *events) {
    board *b = edo_sse_arg(events);
    page *p = edo_rc_new(sizeof *p, NULL);
    edo_sse_set_arg(events, p); // NULL: there is none
    if (!p) return -ENOMEM;
    pthread_mutex_lock(&b->lock);
    *p = (page){ b->pages, &b->pages, b, edo_sse_events_ref(events) };
    if (b->pages) b->pages->at = &p->next;
    b->pages = p;
    pthread_mutex_unlock(&b->lock);
    return 0;
}

static void leave(edo_sse_events *events) {
    page *p = edo_sse_arg(events);
    if (!p) return;
    pthread_mutex_lock(&p->board->lock);
    *p->at = p->next;
    if (p->next) p->next->at = p->at;
    pthread_mutex_unlock(&p->board->lock);
    edo_sse_unref(p->events);
    edo_rc_unref(p);
}

static int look_on(edo_web *w) {
    static const edo_sse_handler pages = { .on_open = enter, .on_close = leave };
    return edo_sse_handle(w, &pages, edo_web_state(w), &(edo_sse_opts){ .retry = edo_s(1) });
}

static int write_note(edo_web *w) {
    board *b = edo_web_state(w);
    edo_sse_frame *f;
    edo_str text;
    int err = edo_web_text(w, &text);
    if (err < 0) return err;
    err = edo_sse_frame_new(&f, &(edo_sse_event){ .data = text });
    if (err < 0) return err;
    pthread_mutex_lock(&b->lock);
    for (page *p = b->pages; p; p = p->next)
        (void)edo_sse_post(p->events, f); // one that fails ends
    pthread_mutex_unlock(&b->lock);
    edo_sse_frame_unref(f);
    return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

static int app(void *arg) {
    char **argv = arg;
    board b = { .lock = PTHREAD_MUTEX_INITIALIZER };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/board", look_on);
    edo_router_post(r, "/board", write_note);
    return edo_web_serve(r, &(edo_web_opts){ .listen = argv[1], .announce = true, .state = &b });
}

int main(int argc, char **argv) {
    return argc >= 2 ? edo_main(app, argv) : 2;
}
