/* SPDX-License-Identifier: MIT */
/* grpc/client/client.h: a call of a client: a request of HTTP/2 over a connection of its channel.
 *
 * One task may send and another one receive. The latter has all but what is const and what is said
 * to be the sender's. Of a stream that is kept, so that it can be sent again, whoever holds `turn`
 * sends: the sender a message, or the receiver all of them again, to another connection.
 *
 * inv. 1: `lease` is held until the request has ended on the wire; `res` stays until the call is
 *         freed, since metadata and messages lie in it.
 * inv. 2: `kept_n` counts the bytes of `frame` and of `kept`, for the channel, too; a call that is
 *         committed keeps none.
 * inv. 3: a call that is over has given its connection back; if it has ended with OK, the server
 *         has said so.
 * inv. 4: metadata that have come, and the fields of the status, are those of `res`.
 * inv. 5: `cut` is there only while the receiver tries again.
 * inv. 6: there are no more attempts than the service config allows, and a stream is kept only
 *         where it allows another one; only an attempt behind the first is one of the budget's.
 *
 * inv. 1 is not asserted: the wire is seen by the connection alone. */
#ifndef EDOI_GRPC_CLIENT_CLIENT_H
#define EDOI_GRPC_CLIENT_CLIENT_H

#include "grpc/call/call.h"
#include "grpc/channel/channel.h"
#include "http/headers/map.h"
#include "time/attempts.h"

#include <edo/mutex.h>
#include <edo/span.h>

#define EDOI_GRPC_KEEP_MAX ((size_t)256 << 10) /* bytes that a call keeps of its request */

typedef struct edoi_grpc_client_call {
    edo_grpc_call call;        /* first */
    edo_grpc_channel *channel; /* const; a reference */
    edo_arena arena;
    edo_headers fields;             /* of the request */
    edoi_headers_room room;         /* of `fields` */
    edo_instant deadline;           /* const; EDO_FOREVER_NS: none */
    edo_duration told;              /* the time that the request says is left */
    bool wait_for_ready;            /* const */
    const edoi_grpc_policy *policy; /* const; NULL: none */
    bool is_shut;                   /* the sender's; if it `keeps` with `turn`: there are no more
                                       messages */
    bool is_torn;                   /* the sender's, likewise; a message was sent in part */
    edo_atomic_u32 is_cut;          /* atomic: edo_grpc_cancel() was called */
    edo_cancel_token *cut;          /* lock; fires then, while the receiver tries again; else
                                       NULL */
    edo_balance_lease lease;        /* inv. 1 */
    pthread_mutex_t lock;           /* a leaf */
    edo_http_response *res;  /* the receiver writes it, under the lock; of a stream that is written
                                const */
    bool has_head;           /* the server's metadata are there */
    const edo_headers *last; /* the fields that the status came in; NULL: in none */
    edo_str only;            /* the one reply, once it is there */
    bool is_over;            /* the status is known, and `code` is what it stands for */
    int code;
    edo_span *opened; /* owned, the receiver's: the span of a call with streams; NULL: none */
    edo_span *tried;  /* owned, the receiver's: that of the attempt; NULL: none */
    bool has_step;    /* const; the traceparent of `fields` is the call's, and none of a program */
    bool is_counted;  /* const; `begun_at` is set then, and `ended_at` once it is over */
    edo_instant begun_at, ended_at;

    /* keep.c */
    edo_str frame; /* the only message; NULL as its pointer: it is not kept */
    bool keeps;    /* const once it was sent: messages of the stream are kept, up to the commit */
    bool is_committed; /* lock; what has come, or is too much, cannot be sent again */
    edo_buf kept;      /* lock, and `turn` for what changes it: the messages of the stream */
    size_t kept_n;     /* lock; bytes of both kinds, which count for the channel */
    edo_mutex turn;    /* before `lock` */

    /* retry.c */
    uint32_t attempts;    /* that were made; 0: none yet */
    bool was_resent;      /* since the server had not looked at it */
    bool is_retry;        /* the last attempt is one of the budget's */
    bool is_told;         /* the budget knows how the last attempt has ended */
    edoi_attempts series; /* of the endpoints that attempts have had */
} edoi_grpc_client_call;

EDOI_INLINE edoi_grpc_client_call *edoi_grpc_client_of(const edo_grpc_call *call) {
    return (edoi_grpc_client_call *)(uintptr_t)call;
}

/* ---- call.c ---------------------------------------------------------------------------------- */

/* The sides of a call: whose first message is all of the request, and whose messages are a
 * stream. */
extern const edoi_grpc_side edoi_grpc_server_stream_side, edoi_grpc_stream_side;

/* Makes a call that is not sent yet. Returns 0 with a new one: edo_grpc_call_free(). */
int edoi_grpc_client_new(edoi_grpc_client_call **out, const edoi_grpc_side *side,
                         edo_grpc_channel *ch, edo_str path, const edo_grpc_call_opts *opts);

/* Writes the time that is left into the request, unless what is there is right by some
 * milliseconds. Returns 0 or -ENOMEM. */
int edoi_grpc_client_set_timeout(edoi_grpc_client_call *c);

/* The time that a call has: the earliest of its own limit, the service config's, and the deadlines
 * around it; negative: there is no limit. */
edo_duration edoi_grpc_client_time(const edo_grpc_channel *ch, edo_str path,
                                   const edo_grpc_call_opts *opts);

/* Metadata, before there are any. */
const edo_headers *edoi_grpc_client_nothing(void);

bool edoi_grpc_client_is_cut(const edoi_grpc_client_call *c);

/* ---- span.c ---------------------------------------------------------------------------------- */

/* The span of a call that begins; NULL: it has none. */
EDO_MUST_USE edo_span *edoi_grpc_client_span(edo_grpc_channel *ch, const char *path);

/* Ends that of a unary call, which returns `err`. Returns that. */
int edoi_grpc_client_span_end(edo_span_block *block, int err);

/* Gives a call with streams its span `s`, which may be NULL; `err` < 0: there is no call, and it
 * ends. Takes `s`. */
void edoi_grpc_client_span_give(edo_grpc_call *call, edo_span *s, int err);

/* Ends it, once the status is known; `is_given_up`: in any case. */
void edoi_grpc_client_span_close(edoi_grpc_client_call *c, bool is_given_up);

/* An attempt of a call that may have several begins, and its request carries its step: returns 0 or
 * -ENOMEM. It ends unless it goes on; `is_given_up`: in any case. */
EDO_MUST_USE int edoi_grpc_client_try_begin(edoi_grpc_client_call *c);
void edoi_grpc_client_try_end(edoi_grpc_client_call *c, bool is_given_up);

/* Tells the span of here where an attempt goes, that of the call where the first one does. */
void edoi_grpc_client_span_picked(const edoi_grpc_client_call *c);

/* ---- check.c --------------------------------------------------------------------------------- */

/* Walk a call, and assert its invariants: the first what is the receiver's, by that task; the
 * second what is kept, with `lock` held or when no other task uses the call. Debug builds do it
 * behind each receive, where what is kept has changed, and before a call is freed. */
void edoi_grpc_client_check(const edoi_grpc_client_call *c);
void edoi_grpc_client_check_kept(const edoi_grpc_client_call *c);

/* ---- send.c ---------------------------------------------------------------------------------- */

/* Sends the head of the request and, unless it `streams`, `data` as all of its body. Returns 0, or
 * the code that the call has ended with. */
int edoi_grpc_client_start(edoi_grpc_client_call *c, edo_str data, bool streams);
int edoi_grpc_client_open(edoi_grpc_client_call *c, edo_str data, bool streams);
int edoi_grpc_client_write(edo_grpc_call *call, edo_str frame);

/* ---- keep.c ---------------------------------------------------------------------------------- */

/* Keep the only message, if it is not too long, which returns 0 or -ENOMEM; and one of a stream,
 * with `turn`. */
int edoi_grpc_client_keep(edoi_grpc_client_call *c, edo_str frame);
void edoi_grpc_client_keep_more(edoi_grpc_client_call *c, edo_str frame);

/* Takes the message back that was kept last, as nothing of it was sent; with `turn` since then. */
void edoi_grpc_client_keep_less(edoi_grpc_client_call *c, edo_str frame);

/* The request will not be sent again. */
void edoi_grpc_client_commit(edoi_grpc_client_call *c);

/* Is all of the request there that was sent up to now? */
bool edoi_grpc_client_has_all(edoi_grpc_client_call *c);

/* Sends it again, with `turn`. */
int edoi_grpc_client_open_again(edoi_grpc_client_call *c);

/* Take the turn, if there are turns, and give it back. Return 0 or -ECANCELED. */
int edoi_grpc_client_turn(edoi_grpc_client_call *c);
void edoi_grpc_client_turn_end(edoi_grpc_client_call *c);

void edoi_grpc_client_keep_end(edoi_grpc_client_call *c);

/* ---- retry.c --------------------------------------------------------------------------------- */

/* May the request be sent again at once, since `err` says that the server has not looked at it? */
bool edoi_grpc_client_may_resend(edoi_grpc_client_call *c, int err);
int edoi_grpc_client_resend(edoi_grpc_client_call *c);

/* Makes the attempt whose pause was cancelled. Returns 0 or a code. */
int edoi_grpc_client_reopen(edoi_grpc_client_call *c);

/* An attempt has ended, before there were metadata. Is another one wanted, after `*pause`? */
bool edoi_grpc_client_may_retry(edoi_grpc_client_call *c, edo_duration *pause);
int edoi_grpc_client_retry(edoi_grpc_client_call *c, edo_duration pause);

/* Says in the request how many attempts came before it. Returns 0 or -ENOMEM. */
int edoi_grpc_client_set_previous(edoi_grpc_client_call *c, uint32_t attempts);

/* The pause that the server asks for; -1: it wants no more; -2: it asks for none. */
int64_t edoi_grpc_client_pushback_ms(const edoi_grpc_client_call *c);

/* Tells the budget, if there is one, that an attempt beside others has failed, and that its status
 * did not end them. */
void edoi_grpc_client_tell_failed(edoi_grpc_client_call *c);

/* Tell the budget that a call begins, and that it has ended. */
void edoi_grpc_client_begin_budget(edoi_grpc_client_call *c);
void edoi_grpc_client_end_budget(edoi_grpc_client_call *c);

/* ---- hedge.c --------------------------------------------------------------------------------- */

/* Is a unary call of the method with such a message hedged? */
bool edoi_grpc_client_is_hedged(const edo_grpc_channel *ch, edo_str path, edo_str message);

/* Makes the attempts of a unary call side by side, until one has the server's metadata. Returns 0
 * with that one; otherwise a code, and in `*out` the one that has failed so, or NULL. */
int edoi_grpc_client_hedge(edoi_grpc_client_call **out, edo_grpc_channel *ch, edo_str path,
                           edo_str message, const edo_grpc_call_opts *opts);

/* ---- recv.c ---------------------------------------------------------------------------------- */

/* Wait for the one reply, as bytes in `only`, and for the status; decode it. Return 0 or a code. */
int edoi_grpc_client_await_only(edoi_grpc_client_call *c);
int edoi_grpc_client_decode_only(edoi_grpc_client_call *c, void *out, const edo_desc *desc,
                                 edo_arena *arena);

/* Both. As edo_grpc_finish(). */
int edoi_grpc_client_finish(edoi_grpc_client_call *c, void *out, const edo_desc *desc,
                            edo_arena *arena);
int edoi_grpc_client_recv(edo_grpc_call *call, const edoi_grpc_want *want);

/* ---- end.c ----------------------------------------------------------------------------------- */

/* End the call, unless it has ended: with a status that was made here (printf); with what
 * edo_grpc_fail() was told; with that of fields which have come; with what a failure `err` of HTTP
 * means. Return its code. */
int edoi_grpc_client_end(edoi_grpc_client_call *c, edo_grpc_status status, const char *format, ...)
    EDO_PRINTF(3, 4);
int edoi_grpc_client_end_failed(edoi_grpc_client_call *c);
int edoi_grpc_client_end_by(edoi_grpc_client_call *c, const edo_headers *fields);
int edoi_grpc_client_end_broken(edoi_grpc_client_call *c, int err);

/* Records in the trail how the call has ended, and returns its code. */
int edoi_grpc_client_tell_end(const edoi_grpc_client_call *c);

/* Begins a block in which awaits obey the call's deadline, and ends it: when that has passed, the
 * call ends with DEADLINE_EXCEEDED. Returns `result`, or the code of that. */
void edoi_grpc_client_limit_begin(edo_deadline *limit, const edoi_grpc_client_call *c);
int edoi_grpc_client_limit_end(edo_deadline *limit, edoi_grpc_client_call *c, int result);

bool edoi_grpc_client_is_late(const edoi_grpc_client_call *c);
int edoi_grpc_client_end_late(edoi_grpc_client_call *c);

#endif
