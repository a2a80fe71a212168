/* SPDX-License-Identifier: MIT */
/* redis/sub.c: a subscription: a connection of its own, over which the server sends by itself. What
 * it is subscribed to is known here, so that the next connection begins with the same.
 *
 * Confirmations come between messages. A call that waits for one keeps the messages that come
 * before it; edo_redis_sub_next() gives them first. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "redis/call.h"
#include "redis/wire/reply.h"

#include <edo/error.h>
#include <edo/retry.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>
#include <sys/queue.h>

#define PING_S         10
#define KEPT_MAX       10000u
#define KEPT_BYTES_MAX ((size_t)16 << 20)

typedef struct sub_name {
    TAILQ_ENTRY(sub_name) next;
    bool is_pattern;
    size_t len;
    char text[];
} sub_name;
TAILQ_HEAD(sub_names, sub_name);

/* A message that nobody has read yet. */
typedef struct sub_kept {
    STAILQ_ENTRY(sub_kept) next;
    edo_redis_reply *reply;
    size_t bytes; /* of its texts */
} sub_kept;
STAILQ_HEAD(sub_kepts, sub_kept);

struct edo_redis_sub { /* counted by edo_rc; used by one task at a time */
    edoi_redis_place *place;
    edo_cancel_token *closing; /* a child of the connection's that it was opened with */
    edo_duration ping;         /* const; EDO_FOREVER_NS: never */
    uint32_t kept_max;         /* const */
    size_t kept_bytes_max;     /* const */
    edoi_redis_wire wire;
    edo_backoff pauses;   /* between tries to connect */
    edo_instant next_at;  /* when the next try may be */
    edo_instant asked_at; /* when PING was sent last */
    uint32_t pings_n;     /* whose replies have not come */
    struct sub_names names;
    struct sub_kepts kept; /* the oldest first */
    uint32_t kept_n;
    size_t kept_bytes;
    bool has_lagged;       /* to be told: messages may be missing */
    edo_redis_reply *last; /* what the caller's message lies in */
};

/* ---- Messages -------------------------------------------------------------------------------- */

static bool sub_is_message(const edo_redis_reply *r) {
    return (edoi_redis_reply_is(r, EDO_STR("message")) && edo_redis_reply_count(r) == 3) ||
           (edoi_redis_reply_is(r, EDO_STR("pmessage")) && edo_redis_reply_count(r) == 4);
}

static size_t sub_message_bytes(const edo_redis_reply *r) {
    size_t bytes = 0, n = edo_redis_reply_count(r);
    for (size_t i = 0; i < n; i++) bytes += edo_redis_reply_text(edo_redis_reply_at(r, i)).len;
    return bytes;
}

/* Keeps a message for later, or drops it if there are too many, or they are too large. */
static void sub_keep(edo_redis_sub *s, edo_redis_reply *r) {
    size_t bytes = sub_message_bytes(r);
    bool fits = s->kept_n < s->kept_max && bytes <= s->kept_bytes_max - s->kept_bytes;
    sub_kept *k = fits ? edoi_alloc(sizeof *k) : NULL;
    if (!k) {
        edo_redis_reply_free(r);
        s->has_lagged = true;
        return;
    }
    k->reply = r;
    k->bytes = bytes;
    STAILQ_INSERT_TAIL(&s->kept, k, next);
    s->kept_n++;
    s->kept_bytes += bytes;
}

static edo_redis_reply *sub_take_kept(edo_redis_sub *s) {
    sub_kept *k = STAILQ_FIRST(&s->kept);
    edo_redis_reply *r = k->reply;
    STAILQ_REMOVE_HEAD(&s->kept, next);
    s->kept_n--;
    s->kept_bytes -= k->bytes;
    edoi_free(k);
    return r;
}

static void sub_show(edo_redis_sub *s, edo_redis_reply *r, edo_redis_message *out) {
    size_t n = edo_redis_reply_count(r);
    edo_redis_reply_free(s->last);
    s->last = r;
    *out = (edo_redis_message){ .channel = edo_redis_reply_text(edo_redis_reply_at(r, n - 2)),
                                .data = edo_redis_reply_text(edo_redis_reply_at(r, n - 1)) };
    if (n == 4) out->pattern = edo_redis_reply_text(edo_redis_reply_at(r, 1));
}

/* ---- Names ----------------------------------------------------------------------------------- */

static sub_name *name_find(const edo_redis_sub *s, edo_str text, bool is_pattern) {
    sub_name *n;
    TAILQ_FOREACH(n, &s->names, next) {
        edo_str known = { n->text, n->len };
        if (n->is_pattern == is_pattern && edo_str_equal(known, text)) return n;
    }
    return NULL;
}

static sub_name *name_new(edo_redis_sub *s, edo_str text, bool is_pattern) {
    sub_name *n = edoi_alloc(sizeof *n + text.len);
    if (!n) return NULL;
    n->is_pattern = is_pattern;
    n->len = text.len;
    if (text.len > 0) memcpy(n->text, text.ptr, text.len);
    TAILQ_INSERT_TAIL(&s->names, n, next);
    return n;
}

static void name_end(edo_redis_sub *s, sub_name *n) {
    TAILQ_REMOVE(&s->names, n, next);
    edoi_free(n);
}

/* ---- The connection -------------------------------------------------------------------------- */

/* What came over it is not lost, but what would have come. */
static void redis_sub_lose(edo_redis_sub *s) {
    if (s->wire.stream) s->has_lagged = true;
    edoi_redis_wire_deinit(&s->wire);
}

static int sub_say(edo_redis_sub *s, const edo_str *parts, size_t n) {
    edoi_redis_command c;
    int err = edoi_redis_command_make(&c, parts, n);
    if (err < 0) return err;
    err = edo_write_all(s->wire.stream, c.bytes, c.n);
    edoi_redis_command_free(c.bytes);
    return err < 0 ? err : edo_flush(s->wire.stream);
}

/* Is it the reply to a PING? That may be an error: not each user may use it. */
static bool sub_takes_pong(edo_redis_sub *s, const edo_redis_reply *r) {
    edo_redis_kind kind = edo_redis_reply_kind(r);
    bool is_pong = kind == EDO_REDIS_ERROR || kind == EDO_REDIS_STATUS ||
                   edoi_redis_reply_is(r, EDO_STR("pong"));
    if (s->pings_n == 0 || !is_pong) return false;
    s->pings_n--;
    return true;
}

/* Waits until the server has confirmed `command`, by `word`. */
static int sub_await(edo_redis_sub *s, const char *command, edo_str word) {
    for (;;) {
        edo_redis_reply *r;
        int err = edoi_redis_wire_recv(&s->wire, &r);
        if (err < 0) return err;
        if (sub_is_message(r)) {
            sub_keep(s, r);
            continue;
        }
        bool is_it = edoi_redis_reply_is(r, word);
        if (!sub_takes_pong(s, r) && edo_redis_reply_kind(r) == EDO_REDIS_ERROR)
            err = edoi_redis_fail_reply(s->place, r, command);
        edo_redis_reply_free(r);
        if (is_it || err < 0) return err;
    }
}

/* `word` has a NUL behind it. */
static int sub_change(edo_redis_sub *s, edo_str word, edo_str name) {
    edo_deadline d;
    edo_deadline_begin(&d, s->place->opts.response_timeout);
    int err = sub_say(s, (edo_str[]){ word, name }, 2);
    // the confirmation's word is that of the command, in lower case
    char lower[16];
    EDO_ASSERT(word.len < sizeof lower);
    for (size_t i = 0; i < word.len; i++) lower[i] = (char)(word.ptr[i] | 0x20);
    if (err == 0) err = sub_await(s, word.ptr, (edo_str){ lower, word.len });
    return edo_deadline_end(&d, err);
}

static int sub_enter(edo_redis_sub *s, const sub_name *n) {
    edo_str word = n->is_pattern ? EDO_STR("PSUBSCRIBE") : EDO_STR("SUBSCRIBE");
    return sub_change(s, word, (edo_str){ n->text, n->len });
}

static int sub_dial(edo_redis_sub *s) {
    const char *why;
    sub_name *n;
    s->pings_n = 0;
    int err = edoi_redis_dial(&s->wire, s->place, &why);
    if (err < 0) return edo_fail(edoi_redis_place_fail(s->place, err, why), "a subscription");
    TAILQ_FOREACH(n, &s->names, next) {
        err = sub_enter(s, n);
        if (err < 0) break;
    }
    if (err < 0) edoi_redis_wire_deinit(&s->wire);
    return err;
}

/* Connects, and subscribes to all that there is. The next try waits for its pause also if this one
 * succeeds, since a server may hang up at once each time. A connection that has lasted for longer
 * is replaced without one. */
static int redis_sub_connect(edo_redis_sub *s) {
    if (edo_instant_since(edo_now(), s->next_at).ns > s->place->opts.pause_max.ns)
        edo_backoff_reset(&s->pauses);
    int err = sub_dial(s);
    s->next_at = edo_instant_add(edo_now(), edo_backoff_next(&s->pauses));
    return err;
}

/* Connects anew, until that succeeds or there is no use in it. */
static int redis_sub_come_back(edo_redis_sub *s) {
    for (;;) {
        int err = edo_sleep_at(s->next_at);
        if (err == 0) err = redis_sub_connect(s);
        if (err == 0 || err == -ECANCELED || err == -EDO_EREDIS || edoi_redis_dial_is_final(err))
            return err;
        edo_trail_clear();
    }
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* How long may the server be silent still? Below 0: it was for too long. */
static edo_duration sub_patience(const edo_redis_sub *s) {
    edo_duration limit = s->pings_n > 0 ? s->place->opts.connect_timeout : s->ping;
    edo_instant since = s->wire.heard_at;
    if (s->pings_n > 0 && s->asked_at.ns > since.ns) since = s->asked_at;
    if (limit.ns == EDO_FOREVER_NS) return limit;
    return edo_ns(limit.ns - edo_instant_since(edo_now(), since).ns);
}

/* Asks whether the server is there. It does not wait: a call that is cut short would leave half a
 * command there. One that takes no more does not read. */
static int sub_ask(edo_redis_sub *s) {
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    int n = edo_try_write(s->wire.stream, ping, sizeof ping - 1);
    if (n < 0 && n != -EAGAIN) return n;
    s->asked_at = edo_now();
    s->pings_n++;
    return n == (int)sizeof ping - 1 ? 0 : -ETIMEDOUT;
}

/* Waits for the next thing that the server says; asks after it when it is silent. The silence may
 * last over several calls: each may have a short deadline. */
static int sub_recv(edo_redis_sub *s, edo_redis_reply **out) {
    for (;;) {
        int err;
        edo_duration left = sub_patience(s);
        if (left.ns > 0) {
            edo_deadline d;
            edo_deadline_begin(&d, left);
            err = edo_deadline_end(&d, edoi_redis_wire_recv(&s->wire, out));
            if (err != -ETIMEDOUT) return err;
            edo_trail_clear();
            continue; // some bytes may have come
        }
        err = edoi_redis_wire_try_recv(&s->wire, out); // nobody may have looked for long
        if (err != -EAGAIN) return err;
        if (sub_patience(s).ns > 0) continue;
        if (s->pings_n > 0) return -ETIMEDOUT;
        err = sub_ask(s);
        if (err < 0) return err;
    }
}

/* One step: 1 with a message, 0: there was something else, or a negative code. */
static int sub_step(edo_redis_sub *s, edo_redis_message *out) {
    edo_redis_reply *r;
    if (s->kept_n > 0) {
        sub_show(s, sub_take_kept(s), out);
        return 1;
    }
    int err = s->wire.stream ? 0 : redis_sub_come_back(s);
    if (err < 0) return err;
    if (s->has_lagged) {
        s->has_lagged = false;
        return -EDO_ELAGGED;
    }
    err = sub_recv(s, &r);
    if (err == -ECANCELED) return err; // nothing was lost
    if (err < 0) {
        redis_sub_lose(s);
        edo_trail_clear();
        return 0;
    }
    if (sub_is_message(r)) {
        sub_show(s, r, out);
        return 1;
    }
    (void)sub_takes_pong(s, r);
    edo_redis_reply_free(r);
    return 0;
}

int edo_redis_sub_next(edo_redis_sub *s, edo_redis_message *out) {
    edo_cancel_block b;
    int rc = 0;
    (void)edo_rc_ref(s);
    edo_cancel_begin(&b, s->closing);
    edoi_trail_kept kept = edoi_trail_keep();
    while (rc == 0 && !edo_cancel_is_set(s->closing)) rc = sub_step(s, out);
    rc = edo_cancel_end(&b, edoi_trail_kept_end(kept, rc));
    if (rc == -ECANCELED && edo_cancel_is_set(s->closing)) rc = 0;
    edo_rc_unref(s);
    return rc;
}

/* ---- Changes --------------------------------------------------------------------------------- */

static int sub_add(edo_redis_sub *s, edo_str text, bool is_pattern) {
    if (name_find(s, text, is_pattern)) return 0;
    sub_name *n = name_new(s, text, is_pattern);
    if (!n) return -ENOMEM;
    int err = s->wire.stream ? sub_enter(s, n) : redis_sub_connect(s);
    if (err < 0) {
        if (err != -EDO_EREDIS) redis_sub_lose(s); // what is refused changes nothing
        name_end(s, n);
    }
    return err;
}

static int sub_remove(edo_redis_sub *s, edo_str text, bool is_pattern) {
    sub_name *n = name_find(s, text, is_pattern);
    if (!n) return 0;
    name_end(s, n);
    if (!s->wire.stream) return 0;
    int err = sub_change(s, is_pattern ? EDO_STR("PUNSUBSCRIBE") : EDO_STR("UNSUBSCRIBE"), text);
    if (err < 0) redis_sub_lose(s); // the next connection has it not
    return err == -ECANCELED ? err : 0;
}

static int sub_end_change(edo_redis_sub *s, edo_cancel_block *b, int err) {
    err = edo_cancel_end(b, err);
    bool is_closed = edo_cancel_is_set(s->closing);
    edo_rc_unref(s);
    return err == -ECANCELED && is_closed ? -EDO_ECLOSED : err;
}

static int sub_add_in_block(edo_redis_sub *s, edo_str text, bool is_pattern) {
    edo_cancel_block b;
    (void)edo_rc_ref(s);
    edo_cancel_begin(&b, s->closing);
    return sub_end_change(s, &b, sub_add(s, text, is_pattern));
}

int edo_redis_sub_add(edo_redis_sub *s, edo_str channel) {
    return edo_fail(sub_add_in_block(s, channel, false), "subscribing to a channel");
}

int edo_redis_sub_add_pattern(edo_redis_sub *s, edo_str pattern) {
    return edo_fail(sub_add_in_block(s, pattern, true), "subscribing to a pattern");
}

int edo_redis_sub_remove(edo_redis_sub *s, edo_str name) {
    edo_cancel_block b;
    (void)edo_rc_ref(s);
    edo_cancel_begin(&b, s->closing);
    int err = sub_remove(s, name, false);
    if (err == 0) err = sub_remove(s, name, true);
    return sub_end_change(s, &b, err);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static void sub_deinit(void *self) {
    edo_redis_sub *s = self;
    while (!TAILQ_EMPTY(&s->names)) name_end(s, TAILQ_FIRST(&s->names));
    while (s->kept_n > 0) edo_redis_reply_free(sub_take_kept(s));
    edo_redis_reply_free(s->last);
    edoi_redis_wire_deinit(&s->wire);
    edo_cancel_unref(s->closing);
    edo_rc_unref(s->place);
}

int edo_redis_sub_open(edo_redis_sub **out, edo_redis *r, const edo_redis_sub_opts *opts) {
    static const edo_redis_sub_opts defaults = { .kept_max = 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_redis_sub *s = edo_rc_new(sizeof *s, sub_deinit);
    if (!s) return -ENOMEM;
    *s = (edo_redis_sub){ .place = edo_rc_ref(r->place),
                          .ping = opts->ping,
                          .kept_max = opts->kept_max > 0 ? opts->kept_max : KEPT_MAX,
                          .kept_bytes_max =
                              opts->kept_bytes_max > 0 ? opts->kept_bytes_max : KEPT_BYTES_MAX };
    if (s->ping.ns == 0) s->ping = edo_s(PING_S);
    if (s->ping.ns < 0) s->ping.ns = EDO_FOREVER_NS;
    TAILQ_INIT(&s->names);
    STAILQ_INIT(&s->kept);
    int err =
        edo_backoff_init(&s->pauses, &(edo_backoff_opts){ .pause_min = s->place->opts.pause_min,
                                                          .pause_max = s->place->opts.pause_max });
    if (err == 0) err = edo_cancel_child(&s->closing, r->closing);
    if (err == 0) err = redis_sub_connect(s);
    if (err < 0) {
        edo_rc_unref(s);
        return err;
    }
    *out = s;
    return 0;
}

void edo_redis_sub_close(edo_redis_sub *s) {
    if (!s) return;
    edo_cancel(s->closing, 0);
    edo_rc_unref(s);
}
