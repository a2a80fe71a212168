/* SPDX-License-Identifier: MIT */
/* redis/link/dial.c: see dial.h. */
#include "redis/link/dial.h"
#include "base/error/away.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "redis/wire/command.h"
#include "redis/wire/reply.h"
#include "tls/ops.h"

#include <edo/error.h>
#include <edo/net.h>
#include <edo/scope.h>
#include <edo/span.h>
#include <edo/task.h>
#include <edo/unix.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_MS   1000
#define RESPONSE_MS  500
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 500
#define TRIES        6u
#define QUEUE_MAX    1024u
#define QUEUE_MOST   ((uint32_t)1 << 20)
#define TEXT_MOST    ((size_t)1 << 30) /* hiredis counts lines by int */
#define ITEMS_MOST   ((size_t)1 << 30)
#define KEEPALIVE_S  15
#define SLOW_MS      250

/* ---- Where to -------------------------------------------------------------------------------- */

static bool place_opts_are_valid(const edo_redis_opts *o) {
    return o->queue_max <= QUEUE_MOST && o->text_max <= TEXT_MOST && o->items_max <= ITEMS_MOST &&
           o->pause_min.ns >= 0 && o->pause_max.ns >= 0 &&
           edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

static void limit_complete(edo_duration *d, int64_t ms) {
    if (d->ns == 0) *d = edo_ms(ms);
    if (d->ns < 0) d->ns = EDO_FOREVER_NS;
}

static void place_complete(edo_redis_opts *o) {
    limit_complete(&o->connect_timeout, CONNECT_MS);
    limit_complete(&o->response_timeout, RESPONSE_MS);
    limit_complete(&o->slow, SLOW_MS);
    limit_complete(&o->pause_min, PAUSE_MIN_MS);
    limit_complete(&o->pause_max, PAUSE_MAX_MS);
    if (o->pause_max.ns < o->pause_min.ns) o->pause_max = o->pause_min;
    if (o->tries == 0) o->tries = TRIES;
    if (o->queue_max == 0) o->queue_max = QUEUE_MAX;
    if (o->text_max == 0) o->text_max = EDOI_REDIS_TEXT_MAX;
    if (o->items_max == 0) o->items_max = EDOI_REDIS_ITEMS_MAX;
}

static void text_keep(const char **text, char **to) {
    if (!*text) return;
    size_t n = strlen(*text) + 1;
    *text = memcpy(*to, *text, n);
    *to += n;
}

static size_t text_bytes(const char *text) {
    return text ? strlen(text) + 1 : 0;
}

static int place_keep_texts(edoi_redis_place *p) {
    edo_redis_opts *o = &p->opts;
    if (!o->user) o->user = p->url.user;
    if (!o->password) o->password = p->url.password;
    p->texts_n = text_bytes(o->user) + text_bytes(o->password) + text_bytes(o->name);
    if (p->texts_n == 0) return 0;
    char *to = p->texts = edoi_alloc(p->texts_n);
    if (!to) return -ENOMEM;
    text_keep(&o->user, &to);
    text_keep(&o->password, &to);
    text_keep(&o->name, &to);
    return 0;
}

static void place_deinit(void *self) {
    edoi_redis_place *p = self;
    edo_rc_unref(edo_once_take(&p->tls));
    if (p->opts.tls) edo_rc_unref(p->opts.tls);
    edoi_db_counts_deinit(&p->counts);
    if (p->texts) explicit_bzero(p->texts, p->texts_n);
    edoi_free(p->texts);
    edoi_redis_url_deinit(&p->url);
}

int edoi_redis_place_new(edoi_redis_place **out, edo_str url, const edo_redis_opts *opts) {
    static const edo_redis_opts defaults = { .reserved = { 0 } };
    if (!opts) opts = &defaults;
    if (!place_opts_are_valid(opts)) return edo_fail(-EINVAL, "options of Redis");
    edoi_redis_place *p = edo_rc_new(sizeof *p, place_deinit);
    if (!p) return -ENOMEM;
    *p = (edoi_redis_place){ .opts = *opts, .tls = EDO_ONCE_INIT };
    if (p->opts.tls) (void)edo_rc_ref(p->opts.tls);
    place_complete(&p->opts);
    p->limits = (edoi_redis_limits){ p->opts.text_max, p->opts.items_max };
    int err = edoi_redis_url_parse(&p->url, url);
    if (err == 0) err = place_keep_texts(p);
    if (err == 0)
        err = edoi_db_counts_init(&p->counts, EDO_STR("redis"), p->opts.metrics, p->opts.slow);
    if (err == 0 && p->url.is_tls && !p->opts.tls && !&edoi_tls_library)
        err = edo_fail(-ENOTSUP, "rediss: the program is not linked with libedo-tls");
    if (err < 0) {
        edo_rc_unref(p);
        return err;
    }
    *out = p;
    return 0;
}

const char *edoi_redis_place_at(const edoi_redis_place *p) {
    return p->url.path ? p->url.path : p->url.address;
}

int edoi_redis_place_fail(const edoi_redis_place *p, int err, const char *why) {
    const char *at = edoi_redis_place_at(p);
    // -EBUSY: edoi_redis_reply_is_passing()
    if (edoi_code_is_of_absence(err) || err == -EBUSY)
        return edoi_fail_away(err, "Redis at %s is away: %s", at, why);
    return edo_fail(err, "Redis at %s: %s", at, why);
}

/* ---- The socket ------------------------------------------------------------------------------ */

static int place_shake_hands(edo_stream **s, edoi_redis_place *p) {
    void *made = p->opts.tls;
    int err = made ? 0 : edo_once_get_or_load(&p->tls, &made, edoi_tls_library.load_client, NULL);
    if (err < 0) {
        edo_close(*s);
        return err;
    }
    edo_tls_client *tls = made;
    return edoi_tls_client_ops_of(tls)->connect_over(s, *s, p->url.host, tls);
}

static int place_socket(edo_stream **out, const edoi_redis_place *p) {
    static const edo_tcp_opts tcp = { .keepalive = { KEEPALIVE_S * (int64_t)1000000000 } };
    if (p->opts.connect) {
        int err = p->opts.connect(p->opts.connect_arg, out);
        // a -ECANCELED that is not about this task would be taken for its end
        return err == -ECANCELED && edo_yield() == 0 ? -ECONNABORTED : err;
    }
    int err = p->url.path ? edo_unix_connect(out, p->url.path, NULL)
                          : edo_tcp_connect(out, p->url.address, &tcp);
    return err == -ENOENT ? -ECONNREFUSED : err; // no such socket or host: like a closed port
}

/* ---- The wire -------------------------------------------------------------------------------- */

void edoi_redis_wire_deinit(edoi_redis_wire *w) {
    edo_close(w->stream);
    edoi_redis_reader_deinit(&w->reader);
    edoi_free(w->in);
    *w = (edoi_redis_wire){ .stream = NULL };
}

static int wire_take(edoi_redis_wire *w, int n) {
    if (n == 0) return -EDO_EEOF;
    if (n < 0) return n;
    w->heard_at = edo_now_coarse();
    return edoi_redis_reader_feed(&w->reader, w->in, (size_t)n);
}

int edoi_redis_wire_fill(edoi_redis_wire *w) {
    return wire_take(w, edo_read(w->stream, w->in, EDOI_REDIS_IN_BYTES));
}

int edoi_redis_wire_recv(edoi_redis_wire *w, edo_redis_reply **out) {
    int rc;
    while ((rc = edoi_redis_reader_next(&w->reader, out)) == 0)
        if ((rc = edoi_redis_wire_fill(w)) < 0) break;
    return rc < 0 ? rc : 0;
}

int edoi_redis_wire_try_recv(edoi_redis_wire *w, edo_redis_reply **out) {
    int rc;
    while ((rc = edoi_redis_reader_next(&w->reader, out)) == 0)
        if ((rc = wire_take(w, edo_try_read(w->stream, w->in, EDOI_REDIS_IN_BYTES))) < 0) break;
    return rc < 0 ? rc : 0;
}

const char *edoi_redis_wire_why(const edoi_redis_wire *w) {
    return w->reader.why ? w->reader.why : "the connection is lost";
}

/* ---- What is said first ---------------------------------------------------------------------- */

static bool reply_begins(const edo_redis_reply *reply, edo_str with) {
    edo_str text = edo_redis_reply_text(reply);
    return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

/* BUSY: a script runs for too long. */
bool edoi_redis_reply_is_passing(const edo_redis_reply *reply) {
    edo_str code = edoi_redis_reply_code(reply);
    return edo_str_equal(code, EDO_STR("LOADING")) || edo_str_equal(code, EDO_STR("MASTERDOWN")) ||
           edo_str_equal(code, EDO_STR("BUSY")) ||
           reply_begins(reply, EDO_STR("ERR max number of clients"));
}

/* Does the server refuse only the PING, and not the connection? The user may not use PING, or the
 * server does not know it; or MISCONF: it cannot save its data, and refuses PING as it refuses
 * writes. In each case the login has succeeded. */
static bool reply_refuses_command(const edo_redis_reply *reply) {
    edo_str code = edoi_redis_reply_code(reply);
    return edo_str_equal(code, EDO_STR("NOPERM")) || edo_str_equal(code, EDO_STR("MISCONF")) ||
           reply_begins(reply, EDO_STR("ERR unknown command"));
}

/* Sends a command; its reply is the caller's. */
static int wire_ask(edoi_redis_wire *w, edo_redis_reply **reply, const edo_str *parts, size_t n) {
    edoi_redis_command c;
    int err = edoi_redis_command_make(&c, parts, n);
    if (err < 0) return err;
    err = edo_write_all(w->stream, c.bytes, c.n);
    explicit_bzero(c.bytes, c.n);
    edoi_redis_command_free(c.bytes);
    if (err == 0) err = edo_flush(w->stream);
    return err < 0 ? err : edoi_redis_wire_recv(w, reply);
}

/* Sends a command and looks at its reply. Returns 0, or `refused` if that is an error. */
static int wire_say(edoi_redis_wire *w, const edo_str *parts, size_t n, int refused) {
    edo_redis_reply *reply = NULL;
    int err = wire_ask(w, &reply, parts, n);
    if (err == 0 && edo_redis_reply_kind(reply) == EDO_REDIS_ERROR)
        err = edoi_redis_reply_is_passing(reply) ? -EBUSY : refused;
    edo_redis_reply_free(reply);
    return err;
}

/* Is the server there, and has it let us in? Not each user may use PING. */
static int wire_ping(edoi_redis_wire *w) {
    edo_redis_reply *reply = NULL;
    int err = wire_ask(w, &reply, (edo_str[]){ EDO_STR("PING") }, 1);
    if (err == 0 && edo_redis_reply_kind(reply) == EDO_REDIS_ERROR && !reply_refuses_command(reply))
        err = edoi_redis_reply_is_passing(reply) ? -EBUSY : -EACCES;
    edo_redis_reply_free(reply);
    return err;
}

/* A user without a password is one that needs none: Redis then takes any. */
static int wire_log_in(edoi_redis_wire *w, const edo_redis_opts *o) {
    edo_str parts[3] = { EDO_STR("AUTH") };
    size_t n = 1;
    if (!o->user && !o->password) return 0;
    if (o->user) parts[n++] = edo_str_of(o->user);
    parts[n++] = edo_str_of(o->password ? o->password : "");
    return wire_say(w, parts, n, -EACCES);
}

static int wire_select(edoi_redis_wire *w, uint32_t database) {
    char text[16];
    if (database == 0) return 0;
    (void)snprintf(text, sizeof text, "%u", (unsigned)database);
    return wire_say(w, (edo_str[]){ EDO_STR("SELECT"), edo_str_of(text) }, 2, -EINVAL);
}

static int wire_set_name(edoi_redis_wire *w, const char *name) {
    if (!name) return 0;
    edo_str parts[] = { EDO_STR("CLIENT"), EDO_STR("SETNAME"), edo_str_of(name) };
    return wire_say(w, parts, 3, -EINVAL);
}

static int wire_greet(edoi_redis_wire *w, const edoi_redis_place *p, const char **why) {
    *why = "the server has refused the login";
    int err = wire_log_in(w, &p->opts);
    if (err < 0) return err;
    *why = "the server has not this database";
    err = wire_select(w, p->url.database);
    if (err < 0) return err;
    *why = "the server has refused the name of the connection";
    err = wire_set_name(w, p->opts.name);
    if (err < 0) return err;
    *why = "the server wants a login";
    return wire_ping(w);
}

static int dial_all(edoi_redis_wire *w, edoi_redis_place *p, const char **why) {
    *why = "the server cannot be reached";
    int err = place_socket(&w->stream, p);
    if (err == 0 && p->url.is_tls) {
        edo_stream *s = w->stream;
        w->stream = NULL;
        err = place_shake_hands(&s, p);
        if (err == 0) w->stream = s;
    }
    if (err < 0) return err;
    w->heard_at = edo_now();
    w->in = edoi_alloc(EDOI_REDIS_IN_BYTES);
    if (!w->in) return -ENOMEM;
    err = edoi_redis_reader_init(&w->reader, &p->limits);
    if (err == 0) err = wire_greet(w, p, why);
    if (err < 0 && !edoi_redis_dial_is_final(err)) *why = edoi_redis_wire_why(w);
    if (err == -EBUSY) *why = "the server loads its data, runs a script, or has too many clients";
    return err;
}

bool edoi_redis_dial_is_final(int err) {
    return err == -EACCES || err == -EINVAL || err == -EDO_ECERT;
}

int edoi_redis_dial(edoi_redis_wire *w, edoi_redis_place *p, const char **why) {
    EDO_SPAN(span, edo_span_new(EDO_LEVEL_DEBUG, "redis", edo_span_current(),
                                (EDO_KV("otel.kind", "client"), EDO_KV("db.system.name", "redis"),
                                 EDO_KV("server.address", p->url.host ? p->url.host : p->url.path)),
                                "connect"));
    edo_deadline d;
    edo_deadline_begin(&d, p->opts.connect_timeout);
    int err = edo_deadline_end(&d, dial_all(w, p, why));
    if (err < 0) edoi_redis_wire_deinit(w);
    if (err < 0) edo_span_record(span.span, EDO_KV("error.type", edo_error_name(err)));
    return edo_span_end(&span, err);
}
