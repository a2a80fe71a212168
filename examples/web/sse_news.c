/* SPDX-License-Identifier: MIT */
/* sse_news.c: news for many pages, as server-sent events, of which nobody waits for a slow one.
 *
 *     sse_news HOST:PORT
 *     curl -N http://127.0.0.1:8080/news
 *     curl -d 'it rains' http://127.0.0.1:8080/news
 *
 * Each event has the next number. So a page that was too slow, or away, knows what it lacks, and is
 * told how much: one rule for both. */
#include <edo/broadcast.h>
#include <edo/edo.h>
#include <edo/mutex.h>
#include <edo/sse.h>
#include <edo/web.h>

#include <errno.h>
#include <stdio.h>

#define BEHIND_MAX 64 /* events that a page may be behind */

typedef struct event {
    unsigned long number;
    size_t bytes;
    char text[];
} event;

typedef struct news {
    edo_broadcast_tx *all; /* of pointers to events, which all pages share */
    edo_mutex lock;        /* events are sent in the order of their numbers */
    unsigned long last;    /* lock: lock */
} news;

static void share(void *to, const void *from) {
    *(event **)to = edo_rc_ref(*(event *const *)from);
}

static void forget(void *of) {
    edo_rc_unref(*(event **)of);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static int announce(news *self, event *e) {
    int err = edo_mutex_lock(&self->lock);
    if (err < 0) return err;
    e->number = ++self->last;
    (void)edo_rc_ref(e);
    err = edo_broadcast_send(self->all, &e); // never waits: the channel is not lossless
    if (err < 0) edo_rc_unref(e);
    edo_mutex_unlock(&self->lock);
    return err == -EDO_ECLOSED ? 0 : err; // nobody listens
}

static int post(edo_web *w) {
    edo_str text;
    int err = edo_web_text(w, &text);
    if (err < 0) return err;
    event *e = edo_rc_new(sizeof *e + text.len, NULL);
    if (!e) return -ENOMEM;
    e->bytes = text.len;
    if (text.len > 0) memcpy(e->text, text.ptr, text.len);
    err = announce(edo_web_state(w), e);
    edo_rc_unref(e);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

/* ---- Listening ------------------------------------------------------------------------------- */

static int tell_missed(edo_sse *sse, unsigned long n) {
    char text[21];
    (void)snprintf(text, sizeof text, "%lu", n);
    return edo_sse_send(sse,
                        &(edo_sse_event){ .event = EDO_STR("missed"), .data = edo_str_of(text) });
}

static int tell(edo_sse *sse, const event *e, unsigned long *seen) {
    char id[21];
    (void)snprintf(id, sizeof id, "%lu", e->number);
    int err = *seen > 0 && e->number > *seen + 1 ? tell_missed(sse, e->number - *seen - 1) : 0;
    if (err < 0) return err;
    *seen = e->number;
    return edo_sse_send(sse,
                        &(edo_sse_event){ .id = edo_str_of(id), .data = { e->text, e->bytes } });
}

static int tell_all(edo_sse *sse, edo_broadcast_rx *rx, unsigned long seen) {
    for (int err;;) {
        event *e;
        uint64_t missed;
        err = edo_broadcast_recv(rx, &e, &missed);
        if (err == -EDO_ELAGGED) continue; // the number of the next one tells how many
        if (err < 0) return err;
        err = tell(sse, e, &seen);
        edo_rc_unref(e);
        if (err < 0) return err;
    }
}

/* The number that the client has got last; 0: none. It may say anything. */
static unsigned long seen_by(edo_web *w) {
    uint64_t last = 0;
    (void)edo_str_uint(&last, edo_sse_last_id(w));
    return (unsigned long)last;
}

static int listen_in(edo_web *w) {
    const news *self = edo_web_state(w);
    edo_broadcast_rx *rx;
    edo_sse sse;
    int err = edo_broadcast_subscribe(&rx, self->all);
    if (err < 0) return err;
    err = edo_sse_start(&sse, w, &(edo_sse_opts){ .retry = edo_s(1) });
    if (err == 0) err = tell_all(&sse, rx, seen_by(w));
    edo_broadcast_rx_free(rx);
    return edo_sse_end(&sse, err);
}

static int app(void *arg) {
    char **argv = arg;
    const edo_broadcast_opts shared = { .clone = share, .drop = forget };
    const edo_http_server_opts http = { .write_timeout = edo_s(10) }; // then a page is let go
    news all = { .lock = EDO_MUTEX_INIT };
    int err = edo_broadcast_new(&all.all, NULL, sizeof(event *), BEHIND_MAX, &shared);
    if (err < 0) return err;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/news", listen_in);
    edo_router_post(r, "/news", post);
    err = edo_web_serve(
        r, &(edo_web_opts){ .listen = argv[1], .announce = true, .state = &all, .http = &http });
    edo_broadcast_tx_unref(all.all);
    return err;
}

int main(int argc, char **argv) {
    return argc >= 2 ? edo_main(app, argv) : 2;
}
