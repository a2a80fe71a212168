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

/* A message that the program has not read yet. */
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

/* One command, whose names are confirmed one by one. Its word is the first of the `n` parts, and
 * has a NUL behind it. */
static int sub_change(edo_redis_sub *s, const edo_str *parts, size_t n) {
    edo_deadline d;
    edo_deadline_begin(&d, s->place->opts.response_timeout);
    int err = sub_say(s, parts, n);
    // the confirmation begins with the command's word, in lower case
    char lower[16];
    const edo_str word = parts[0];
    EDO_ASSERT(word.len < sizeof lower);
    for (size_t i = 0; i < word.len; i++) lower[i] = (char)(word.ptr[i] | 0x20);
    for (size_t i = 1; i < n && err == 0; i++)
        err = sub_await(s, word.ptr, (edo_str){ lower, word.len });
    return edo_deadline_end(&d, err);
}

/* Subscribes to the names from `first` on that are patterns, or are none; NULL: there are no
 * names. */
static int sub_enter(edo_redis_sub *s, const sub_name *first, bool is_pattern) {
    size_t n = 0;
    const sub_name *at;
    for (at = first; at; at = TAILQ_NEXT(at, next)) n += at->is_pattern == is_pattern;
    if (n == 0) return 0;
    edo_str *parts = edoi_alloc((n + 1) * sizeof *parts);
    if (!parts) return -ENOMEM;
    parts[0] = is_pattern ? EDO_STR("PSUBSCRIBE") : EDO_STR("SUBSCRIBE");
    n = 1;
    for (at = first; at; at = TAILQ_NEXT(at, next))
        if (at->is_pattern == is_pattern) parts[n++] = (edo_str){ at->text, at->len };
    int err = sub_change(s, parts, n);
    edoi_free(parts);
    return err;
}

static int sub_dial(edo_redis_sub *s) {
    const char *why;
    s->pings_n = 0;
    int err = edoi_redis_dial(&s->wire, s->place, &why);
    if (err < 0) return edo_fail(edoi_redis_place_fail(s->place, err, why), "a subscription");
    err = sub_enter(s, TAILQ_FIRST(&s->names), false);
    if (err == 0) err = sub_enter(s, TAILQ_FIRST(&s->names), true);
    if (err < 0) edoi_redis_wire_deinit(&s->wire);
    return err;
}

/* Connects, and subscribes to all names. A server may hang up at once each time: so the next try
 * waits for its pause even if this one succeeds. If a connection has lasted for longer than the
 * longest pause, the next try does not wait. */
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
        err = edoi_redis_wire_try_recv(&s->wire, out); // the program may not have read for long
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
    (void)edo_rc_ref(s);
    edo_cancel_begin(&b, s->closing);
    edoi_trail_kept kept = edoi_trail_keep();
    int rc = edo_budget_consume();
    while (rc == 0 && !edo_cancel_is_set(s->closing)) rc = sub_step(s, out);
    rc = edo_cancel_end(&b, edoi_trail_kept_end(kept, rc));
    if (rc == -ECANCELED && edo_cancel_is_set(s->closing)) rc = 0;
    edo_rc_unref(s);
    return rc;
}

/* ---- Changes --------------------------------------------------------------------------------- */

/* Ends the names from `first` on. */
static void names_end(edo_redis_sub *s, sub_name *first) {
    for (sub_name *at = first, *next; at; at = next) {
        next = TAILQ_NEXT(at, next);
        name_end(s, at);
    }
}

/* Appends the names that are not in the list yet. `*first` is the first new one, NULL: there was
 * none. Returns 0, or -ENOMEM, and none is added. */
static int names_put(edo_redis_sub *s, const edo_str *texts, size_t n, bool is_pattern,
                     sub_name **first) {
    *first = NULL;
    for (size_t i = 0; i < n; i++) {
        if (name_find(s, texts[i], is_pattern)) continue;
        sub_name *added = name_new(s, texts[i], is_pattern);
        if (!added) {
            names_end(s, *first);
            return -ENOMEM;
        }
        if (!*first) *first = added;
    }
    return 0;
}

static int sub_add(edo_redis_sub *s, const edo_str *texts, size_t n, bool is_pattern) {
    sub_name *first = NULL;
    int err = edo_budget_consume();
    if (err == 0) err = names_put(s, texts, n, is_pattern, &first);
    if (err < 0 || !first) return err;
    err = s->wire.stream ? sub_enter(s, first, is_pattern) : redis_sub_connect(s);
    if (err < 0) {
        if (err != -EDO_EREDIS) redis_sub_lose(s); // what is refused changes nothing
        names_end(s, first);
    }
    return err;
}

/* Ends the names that are there, and writes them behind the word in `parts`. Returns how many parts
 * there are. */
static size_t names_take_back(edo_redis_sub *s, const edo_str *texts, size_t n, bool is_pattern,
                              edo_str *parts) {
    size_t parts_n = 0;
    parts[parts_n++] = is_pattern ? EDO_STR("PUNSUBSCRIBE") : EDO_STR("UNSUBSCRIBE");
    for (size_t i = 0; i < n; i++) {
        sub_name *known = name_find(s, texts[i], is_pattern);
        if (!known) continue;
        name_end(s, known);
        parts[parts_n++] = texts[i];
    }
    return parts_n;
}

/* `parts` has room for one more than there are texts. */
static int sub_remove(edo_redis_sub *s, const edo_str *texts, size_t n, bool is_pattern,
                      edo_str *parts) {
    size_t parts_n = names_take_back(s, texts, n, is_pattern, parts);
    if (parts_n == 1 || !s->wire.stream) return edo_budget_consume();
    int err = sub_change(s, parts, parts_n);
    if (err < 0) redis_sub_lose(s); // the next connection has them not
    return err == -ECANCELED ? err : 0;
}

static int sub_end_change(edo_redis_sub *s, edo_cancel_block *b, int err) {
    err = edo_cancel_end(b, err);
    bool is_closed = edo_cancel_is_set(s->closing);
    edo_rc_unref(s);
    return err == -ECANCELED && is_closed ? -EDO_ECLOSED : err;
}

static int sub_add_in_block(edo_redis_sub *s, const edo_str *texts, size_t n, bool is_pattern) {
    edo_cancel_block b;
    (void)edo_rc_ref(s);
    edo_cancel_begin(&b, s->closing);
    return sub_end_change(s, &b, sub_add(s, texts, n, is_pattern));
}

int edo_redis_sub_add(edo_redis_sub *s, edo_str channel) {
    return edo_fail(sub_add_in_block(s, &channel, 1, false), "subscribing to a channel");
}

int edo_redis_sub_add_many(edo_redis_sub *s, const edo_str *channels, size_t n) {
    return edo_fail(sub_add_in_block(s, channels, n, false), "subscribing to channels");
}

int edo_redis_sub_add_pattern(edo_redis_sub *s, edo_str pattern) {
    return edo_fail(sub_add_in_block(s, &pattern, 1, true), "subscribing to a pattern");
}

int edo_redis_sub_remove(edo_redis_sub *s, edo_str name) {
    edo_cancel_block b;
    (void)edo_rc_ref(s);
    edo_cancel_begin(&b, s->closing);
    edo_str parts[2];
    int err = sub_remove(s, &name, 1, false, parts);
    if (err == 0) err = sub_remove(s, &name, 1, true, parts);
    return sub_end_change(s, &b, err);
}

int edo_redis_sub_remove_many(edo_redis_sub *s, const edo_str *channels, size_t n) {
    edo_cancel_block b;
    edo_str *parts = edoi_alloc((n + 1) * sizeof *parts);
    if (!parts) return -ENOMEM;
    (void)edo_rc_ref(s);
    edo_cancel_begin(&b, s->closing);
    int err = sub_end_change(s, &b, sub_remove(s, channels, n, false, parts));
    edoi_free(parts);
    return err;
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
    int err = edo_budget_consume();
    if (err < 0) return err;
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
    err =
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
