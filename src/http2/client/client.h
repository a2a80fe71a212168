/* SPDX-License-Identifier: MIT */
/* http2/client/client.h: a client's connection of HTTP/2, and its calls.
 *
 * A task of its own, the driver, polls the stream of the connection: a turn feeds what has come to
 * nghttp2's session, and writes all that the session has to say, by one write (driver.c).
 *
 *     stream ──> driver.c ──> session ──> call/head.c, call/body.c ──> callers
 *     stream <── driver.c <── session <── call/open.c, call/body.c <── callers
 *
 * Callers run on any thread. The lock guards the session and what both use; it is never held while
 * a stream is read or written, or a task is woken.
 *
 * inv. 1: the session's functions that read and write are called by the driver alone, so streams of
 *         the session come and go in its polls only. Callers submit.
 * inv. 2: a call lives, and is one of `calls`, while the session knows it (ASKED or SENT), its
 *         stream has references (not LEFT), or bytes of it are being written (`pins`): that is
 *         within a turn of the driver. It has a reference to the connection.
 * inv. 3: `open_n` counts the calls of the session, and `given_n` more: places that were given to
 *         tasks which have not submitted yet. While a task waits for a place, there is none free,
 *         unless a task is just delivering wakes.
 * inv. 4: `held` is the sum of the bytes in the queues of requests.
 * inv. 5: a call is one of `woken` while a wake of its reader or its writer is due.
 * inv. 6: while the session waits for bytes of a call, none is queued, and the end is not known.
 * inv. 7: for bytes of responses that no task has taken, the connection's window has not been
 *         opened again.
 * inv. 8: no more comes of a call that the session has forgotten: it is whole, or has failed; not
 *         both, and not with a code that is none.
 * inv. 9: of the connection: what has ended in one way takes no more requests; the driver has told,
 *         and said, only what is so; it fails with a code, and has words for nothing else.
 *
 * inv. 1 is not asserted: which thread is the driver's nobody notes.
 *
 * edoi_h2_client_check() walks the others. */
#ifndef EDOI_HTTP2_CLIENT_CLIENT_H
#define EDOI_HTTP2_CLIENT_CLIENT_H

#include "http/io/stall.h"
#include "http2/both/sleep.h"
#include "http2/both/timer.h"
#include "http2/bucket.h"
#include "http2/out.h"

#include <edo/arena.h>
#include <edo/http2.h>
#include <edo/notify.h>

#include <nghttp2/nghttp2.h>
#include <pthread.h>
#include <sys/queue.h>

typedef struct edoi_h2_call edoi_h2_call;

/* A task that waits for one side of a call. All zero: none. lock: the connection's. */
typedef struct edoi_h2_wait {
    edo_waker *waker;        /* borrowed while it waits */
    const edo_io_wait *wait; /* compared only: tells one wait from another */
} edoi_h2_wait;

/* A task that waits for a stream of its own. It lies in that task's future while it is listed.
 * lock: the connection's. */
typedef struct edoi_h2_place {
    TAILQ_ENTRY(edoi_h2_place) next;
    edo_waker *waker; /* borrowed while it waits */
    bool is_listed, is_given;
} edoi_h2_place;
TAILQ_HEAD(edoi_h2_places, edoi_h2_place);

struct edo_http2 {       /* counted by edo_rc: by its owners together, the driver, and each call */
    edo_stream *stream;  /* const; a reference */
    edo_http2_opts opts; /* const; with defaults filled in */
    edo_buf host;        /* const */
    pthread_mutex_t lock;
    uint32_t owners_n;        /* lock; references of the program */
    nghttp2_session *session; /* lock; NULL: the connection has ended */
    edoi_h2_sleep sleep;      /* lock; the driver's */
    bool has_yielded;         /* driver; others have run since it had something to write */
    bool is_going;            /* lock; it takes no more requests */
    bool is_shutting;         /* lock; it takes no more requests, and ends with the last call */
    bool is_closed;           /* lock; by its owners */
    bool has_settings;        /* lock; the server's have come */
    int failed;               /* lock; why it has ended; 0: in order */
    const char *why;          /* lock; `failed` in words; static, or `words`; NULL: none */
    char words[EDO_TRAIL_TEXT_MAX]; /* const once `why` is set: of the driver's trail */
    int64_t goaway;                 /* lock; the code of the server's GOAWAY; -1: none */
    char goaway_text[32];           /* lock; what came with it; ends with NUL */
    edoi_h2_call *calls;            /* lock; all of them */
    edoi_h2_call *woken;            /* lock; those with a wake that is due */
    struct edoi_h2_places places;   /* lock; the oldest first */
    uint32_t open_n, given_n;       /* lock; inv. 3 */
    size_t held;                    /* lock; inv. 4 */
    edoi_h2_bucket frames;          /* lock; guard.c */
    edo_notify ended;               /* session has become NULL */
    edo_notify going;               /* is_going was seen by the driver, or it has ended */
    edo_notify settings;            /* has_settings was, or it has ended */

    /* The driver's. */
    edoi_h2_sink sink; /* the stream, for writes */
    edo_io_wait read_wait;
    edoi_h2_timer timer;
    edo_instant ping_at; /* when a PING is due, or, if `is_pinged`, the server is lost, unless it
                            takes what was sent before the PING */
    uint32_t ping_mark;  /* is_pinged: of edoi_tcp_mark() */
    bool is_pinged;      /* no byte has come since the PING */
    bool is_busy;        /* there were calls at the last look */
    bool has_said_bye;
    bool has_told;          /* those who wait for is_going */
    bool has_told_settings; /* those who wait for has_settings */
};

/* An informational response that nobody has seen yet. */
typedef struct edoi_h2_early {
    struct edoi_h2_early *next;
    edo_http_response res;
} edoi_h2_early;

/* A request's body that is read while the response is waited for, or read: in polls of that task
 * alone, and not after `is_over`. */
typedef struct edoi_h2_upload {
    edo_stream *from; /* borrowed; NULL: `data` */
    edo_io_wait wait;
    edo_str data; /* borrowed; what is left of it */
    bool is_over;
    bool is_held;         /* it waits for "100 Continue" */
    bool has_read;        /* bytes of `from` */
    bool lacks_source;    /* it waits for bytes of `from`, and so not for the server */
    uint64_t given;       /* bytes that were queued */
    edo_duration silence; /* const: how long the wait for the head may be without progress */
    int failed;           /* of `from` */
} edoi_h2_upload;

/* What the session knows of a call.
 *
 *             NEW      ASKED    SENT     OVER
 *   submit    ASKED    (never)  (never)  (never)    edoi_h2_call_on_submit()
 *   sent      (never)  SENT     (never)  (never)    edoi_h2_call_on_sent()
 *   close     (never)  OVER     OVER     (never)    edoi_h2_call_close()
 */
typedef enum edoi_h2_call_stage {
    EDOI_H2_CALL_NEW,
    EDOI_H2_CALL_ASKED, /* its request is submitted */
    EDOI_H2_CALL_SENT,  /* its head was gathered for a write */
    EDOI_H2_CALL_OVER,
} edoi_h2_call_stage;

/* What the program wants of a call.
 *
 *             KEPT     SHUT     LEFT
 *   shut      SHUT     -        (never)    edoi_h2_call_shut()
 *   leave     (never)  LEFT     (never)    edoi_h2_call_leave()
 */
typedef enum edoi_h2_call_user {
    EDOI_H2_CALL_KEPT,
    EDOI_H2_CALL_SHUT, /* an owner of the stream has closed it */
    EDOI_H2_CALL_LEFT, /* the stream has no reference */
} edoi_h2_call_user;

/* How much of the response has come. Behind a failure a head and an end are passed over.
 *
 *             NO_HEAD  HEAD     WHOLE
 *   head      HEAD     (never)  (never)    edoi_h2_call_on_final()
 *   end       (never)  WHOLE    -          edoi_h2_call_end_input()
 *   fail      failed   failed   -          edoi_h2_call_fail()
 */
typedef enum edoi_h2_call_got {
    EDOI_H2_CALL_NO_HEAD, /* of a final response */
    EDOI_H2_CALL_HEAD,
    EDOI_H2_CALL_WHOLE, /* no more will come */
} edoi_h2_call_got;

/* What is asked for. The opener's until it is submitted, const from there on. */
typedef struct edoi_h2_call_asked {
    edo_method method;
    edo_http_informational_fn *informational;
    void *arg;
    const edo_headers *trailers; /* borrowed; may be NULL: see edo_http_request */
} edoi_h2_call_asked;

/* Where the call is, and who holds it (inv. 2). lock: the connection's. The driver alone moves the
 * stage on from ASKED, and changes `pins`. */
typedef struct edoi_h2_call_life {
    edoi_h2_call *prev, *next; /* in conn->calls */
    edoi_h2_call_stage stage;
    edoi_h2_call_user user;
    uint32_t pins; /* pieces of the body that are being written */
    int32_t id;    /* of its stream; NEW: none */
} edoi_h2_call_life;

/* The wakes that are due (inv. 5). lock: the connection's. */
typedef struct edoi_h2_call_wakes {
    edoi_h2_call *next; /* in conn->woken */
    bool reader, writer;
} edoi_h2_call_wakes;

/* How the call has ended. lock: the connection's. */
typedef struct edoi_h2_call_end {
    int failed;      /* why no more comes; 0: it may (inv. 8) */
    const char *why; /* `failed` in words; static, or the connection's; NULL: there are none */
    int64_t error;   /* the code of the reset; -1: none */
    bool is_refused; /* OVER: the server has not looked at it */
} edoi_h2_call_end;

/* The head that comes, or trailers. Written by the driver with the connection's lock held; `early`,
 * `early_end` and `has_continue` also by the task that reads. */
typedef struct edoi_h2_call_head {
    edo_headers *into; /* the map that the fields go to; NULL: they are passed over */
    uint32_t fields_n, list_bytes;
    edoi_h2_early *early, **early_end;
    uint32_t early_n, early_bytes; /* of all informational responses so far */
    bool has_continue; /* one was "100 Continue", and the task that reads was not told */
    edo_arena arena;   /* has the texts of the response's head and trailers */
} edoi_h2_call_head;

/* What comes. lock: the connection's. */
typedef struct edoi_h2_call_in {
    edoi_h2_call_got got;
    edoi_h2_queue queue; /* of the body: what the task that reads has not taken (inv. 7) */
    edoi_h2_wait reader;
    edo_headers tail; /* the response's trailers; the caller's once it is WHOLE */
    uint64_t taken;   /* bytes of the body; written and read by the task that reads */
} edoi_h2_call_in;

/* What goes. lock: the connection's; all but `queue` and `writer` is the opener's until the call is
 * submitted. */
typedef struct edoi_h2_call_out {
    edoi_h2_queue queue; /* of the body: what was not gathered for a write (inv. 4) */
    edoi_h2_wait writer;
    uint64_t left;    /* bytes that the body may still get; UINT64_MAX: any */
    bool can_write;   /* the caller writes the body, or what is a tunnel */
    bool ends_late;   /* const: trailers may follow the last byte of a known length, which is then
                         not the end */
    bool has_ended;   /* nothing follows what is queued, but trailers */
    bool is_deferred; /* the session waits for bytes (inv. 6) */
    nghttp2_nv *last; /* the request's trailers; counted memory; NULL: none */
    size_t last_n;
} edoi_h2_call_out;

/* A request and its response. Each part says who may touch it. */
struct edoi_h2_call {
    edo_http_response res; /* first; the caller's once it knows of the head */
    edo_stream stream;     /* its body, both ways; the response is one reference */
    edo_http2 *conn;       /* const; a reference */
    edoi_h2_call_asked asked;
    edoi_h2_call_life life;
    edoi_h2_call_wakes wakes;
    edoi_h2_call_end end;
    edoi_h2_call_head head;
    edoi_h2_call_in in;
    edoi_h2_call_out out;
    edoi_h2_upload up;
};

/* Does the session know the call? Called with the lock held. */
EDOI_INLINE bool edoi_h2_call_in_session(const edoi_h2_call *k) {
    return k->life.stage == EDOI_H2_CALL_ASKED || k->life.stage == EDOI_H2_CALL_SENT;
}

/* Is it one of conn->woken (inv. 5)? Called with the lock held. */
EDOI_INLINE bool edoi_h2_call_is_woken(const edoi_h2_call *k) {
    return k->wakes.reader || k->wakes.writer;
}

/* Does its program still want the response? Called with the lock held. */
EDOI_INLINE bool edoi_h2_call_is_kept(const edoi_h2_call *k) {
    return k->life.user == EDOI_H2_CALL_KEPT;
}

/* Has the head of the final response come? Called with the lock held. */
EDOI_INLINE bool edoi_h2_call_has_head(const edoi_h2_call *k) {
    return k->in.got != EDOI_H2_CALL_NO_HEAD;
}

/* Has all of the response come? Called with the lock held. */
EDOI_INLINE bool edoi_h2_call_is_whole(const edoi_h2_call *k) {
    return k->in.got == EDOI_H2_CALL_WHOLE;
}

EDOI_INLINE edoi_h2_call *edoi_h2_call_of(const edo_http_response *res) {
    return (edoi_h2_call *)(uintptr_t)res;
}

EDOI_INLINE void edoi_http2_lock(edo_http2 *c) {
    (void)pthread_mutex_lock(&c->lock);
}

EDOI_INLINE void edoi_http2_unlock(edo_http2 *c) {
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- conn.c ---------------------------------------------------------------------------------- */

/* Called with the lock held, when the session may have something to write: does the wakes that are
 * due, the driver's among them, and releases the lock. */
void edoi_http2_unlock_and_kick(edo_http2 *c);

/* Called with the lock held: gives places, and does the wakes that are due, for which the lock is
 * released for a while. */
void edoi_http2_deliver(edo_http2 *c);

/* Is there a place for one more request? Called with the lock held. */
bool edoi_http2_has_place(const edo_http2 *c);

/* ---- check.c --------------------------------------------------------------------------------- */

/* Debug builds: walks the connection, and aborts with the name of a broken invariant. Called by the
 * driver between its turns, with the lock held. */
#ifdef EDO_DEBUG
void edoi_h2_client_check(const edo_http2 *c);
#else
EDOI_INLINE void edoi_h2_client_check(const edo_http2 *c) {
    (void)c;
}
#endif

/* ---- driver.c -------------------------------------------------------------------------------- */

/* Begins the task that reads and writes. Returns 0 or a negative code. */
int edoi_http2_drive(edo_http2 *c);

/* ---- session.c ------------------------------------------------------------------------------- */

/* Completes the options. Returns 0 or -EINVAL. */
int edoi_http2_fill_in(edo_http2_opts *o);

/* Makes the session, with its first SETTINGS. Returns 0 or -ENOMEM. */
int edoi_http2_session_new(edo_http2 *c);

/* ---- guard.c: servers that cost for nothing -------------------------------------------------- */

void edoi_http2_guard_begin(edo_http2 *c);

/* Something useful was done, for which the server may send `n` frames that carry nothing. Called
 * with the lock held. */
void edoi_http2_guard_buy(edo_http2 *c, uint32_t n);

/* Ends the connection by GOAWAY with `code`. `reason` is static. Called with the lock held. */
void edoi_http2_guard_end(edo_http2 *c, uint32_t code, const char *reason);

/* Called for each frame that comes, when its head is there. */
int edoi_http2_on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *c);

/* Called for each DATA frame when it is there: padding carries nothing. */
void edoi_http2_guard_data(edo_http2 *c, const nghttp2_data *data);

/* ---- call/call.c ----------------------------------------------------------------------------- */

/* Makes a call that the session does not know yet; NULL: no memory. edo_http_response_free(). */
edoi_h2_call *edoi_h2_call_new(edo_http2 *c);

/* From here to edoi_h2_call_wake_writer() all are called with the lock held. */

/* The session knows it as the stream `id`. */
void edoi_h2_call_on_submit(edoi_h2_call *k, int32_t id);

/* The head of the request was gathered. */
void edoi_h2_call_on_sent(edoi_h2_call *k);

/* The session forgets the call, or, if `has_ended`, has ended. */
void edoi_h2_call_close(edoi_h2_call *k, uint32_t code, bool has_ended);

/* The caller wants no more of it. Returns false if that was said before. */
bool edoi_h2_call_shut(edoi_h2_call *k);

/* The last reference to the stream has gone, which was shut before. */
void edoi_h2_call_leave(edoi_h2_call *k);

/* The head of the final response has come. */
void edoi_h2_call_on_final(edoi_h2_call *k);

/* No more comes. */
void edoi_h2_call_end_input(edoi_h2_call *k);

/* No more comes, since it has failed with `code`, in words `why`, which stay; NULL: none. Nothing
 * is changed by 0, nor if the response is whole or has failed before. */
void edoi_h2_call_fail(edoi_h2_call *k, int code, const char *why);

/* Resets the stream, and fails with `failed`, as edoi_h2_call_fail() does. */
void edoi_h2_call_reset(edoi_h2_call *k, uint32_t code, int failed);

/* As edoi_h2_call_reset(), with `failed` in words, which are static. */
void edoi_h2_call_refuse(edoi_h2_call *k, uint32_t code, int failed, const char *why);

/* Called when a holder has gone (inv. 2): frees the call if that was the last one. The caller has a
 * reference to the connection. */
void edoi_h2_call_let_go(edoi_h2_call *k);

void edoi_h2_call_wake_reader(edoi_h2_call *k);
void edoi_h2_call_wake_writer(edoi_h2_call *k);

/* Called without the lock: puts in words what the call has failed with. Returns `err`. */
int edoi_h2_call_tell(edoi_h2_call *k, int err);

/* ---- call/open.c ----------------------------------------------------------------------------- */

#define EDOI_H2_OPENS_BODY 1u /* the caller writes the body */
#define EDOI_H2_OPENS_NOW  2u /* -EAGAIN instead of a wait for a free stream */

/* Waits for a free stream, and submits. `how`: the bits above. Returns as edo_http2_open(). */
int edoi_h2_call_open(edo_http2 *c, edoi_h2_call **out, const edo_http_request *req, uint32_t how);

/* ---- call/head.c: callbacks of the session --------------------------------------------------- */

int edoi_h2_call_on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *c);
int edoi_h2_call_on_header(nghttp2_session *session, const nghttp2_frame *frame,
                           const uint8_t *name, size_t name_n, const uint8_t *value, size_t value_n,
                           uint8_t flags, void *c);

/* A head has come. Called with the lock held. */
void edoi_h2_call_end_head(edoi_h2_call *k, bool is_last);

void edoi_h2_early_free(edoi_h2_early *first);

/* ---- call/body.c ----------------------------------------------------------------------------- */

extern const edo_stream_ops edoi_h2_call_ops;

int edoi_h2_call_on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                         size_t n, void *c);
ssize_t edoi_h2_call_next_data(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                               uint32_t *flags, nghttp2_data_source *source, void *c);
int edoi_h2_call_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                           size_t n, nghttp2_data_source *source, void *c);

/* From here to edoi_h2_call_takes() all are called with the lock held. */

/* Drops what has come, and opens the windows. */
void edoi_h2_call_drop_input(edoi_h2_call *k);
/* How many bytes of the body may be queued now? */
size_t edoi_h2_call_room(const edoi_h2_call *k);
/* Bytes were queued, or the end was reached. */
void edoi_h2_call_queued(edoi_h2_call *k, size_t n);
/* Can the body still be sent? */
bool edoi_h2_call_takes(const edoi_h2_call *k);

/* Ends the body, with its trailers. Called without the lock. Returns 0, -EMSGSIZE or -ENOMEM. */
int edoi_h2_call_end_output(edoi_h2_call *k);

/* ---- call/upload.c --------------------------------------------------------------------------- */

/* Moves on as far as possible, and links its waits for the rest. */
void edoi_h2_upload_poll(edoi_h2_call *k, edo_cx *cx);
void edoi_h2_upload_unwait(edoi_h2_call *k);

#endif
