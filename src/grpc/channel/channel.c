/* SPDX-License-Identifier: MIT */
/* grpc/channel/channel.c: the life of a channel. Its balance is made by the first call, in the
 * runtime of that. */
#include "grpc/channel/channel.h"

#include "base/atomic.h"
#include "base/opts.h"
#include "base/text/login.h"

#include <edo/error.h>
#include <edo/tls.h>

#include <stdlib.h>
#include <string.h>

#define EDOI_TEXT_OF(x) #x
#define EDOI_TEXT(x)    EDOI_TEXT_OF(x)
#define USER_AGENT                                                                                 \
    "grpc-c-edo/" EDOI_TEXT(EDO_VERSION_MAJOR) "." EDOI_TEXT(EDO_VERSION_MINOR) "." EDOI_TEXT(     \
        EDO_VERSION_PATCH)

/* ---- Options --------------------------------------------------------------------------------- */

static void way_deinit(void *self) {
    edoi_grpc_way *w = self;
    if (w->opts.tls) edo_rc_unref(w->opts.tls);
    edoi_grpc_counts_deinit(&w->counts);
    edoi_grpc_config_deinit(&w->config);
    edo_arena_deinit(&w->texts);
}

static int way_copy(edoi_grpc_way *w, edo_str *out, const char *text) {
    size_t n = strlen(text);
    const char *copy = edo_arena_copy(&w->texts, text, n + 1);
    *out = (edo_str){ copy, n };
    return copy ? 0 : -ENOMEM;
}

static bool way_is_good(const edo_grpc_channel_opts *o) {
    return o->balance <= EDO_BALANCE_PICK_FIRST &&
           edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

static void way_fill_in(edoi_grpc_way *w) {
    edo_grpc_channel_opts *o = &w->opts;
    if (o->recv_max == 0) o->recv_max = EDO_GRPC_RECV_MAX;
    if (o->send_max == 0 || o->send_max > UINT32_MAX) o->send_max = UINT32_MAX;
    if (o->idle_timeout.ns == 0) o->idle_timeout = edo_minutes(30);
    if (o->http2) w->http2 = *o->http2;
    w->http2.is_tls = o->tls != NULL;
    edoi_store_rlx_u64(&w->ping_ns,
                       w->http2.ping_interval.ns > 0 ? (uint64_t)w->http2.ping_interval.ns : 0);
}

static int way_set_codings(edoi_grpc_way *w) {
    char text[EDOI_GRPC_CODINGS_TEXT];
    edo_grpc_channel_opts *o = &w->opts;
    o->send_codings = edoi_grpc_codings(o->send_codings);
    o->accept_codings = edoi_grpc_codings(o->accept_codings);
    size_t n = edoi_grpc_coding_names(text, o->send_codings);
    w->send_coding = edoi_grpc_coding_choose((edo_str){ text, n }, o->send_codings);
    n = edoi_grpc_coding_names(text, o->accept_codings);
    if (o->accept_codings == 0) return 0;
    w->accept = (edo_str){ edo_arena_copy(&w->texts, text, n), n };
    return w->accept.ptr ? 0 : -ENOMEM;
}

static int way_set_names(edoi_grpc_way *w) {
    edo_str authority, name;
    const char *host = w->opts.authority ? w->opts.authority : w->target.authority;
    int err = way_copy(w, &authority, host);
    if (err == 0)
        err = way_copy(w, &w->user_agent, w->opts.user_agent ? w->opts.user_agent : USER_AGENT);
    if (err < 0) return err;
    w->http2.host = authority.ptr;
    name = w->opts.tls_name ? edo_str_of(w->opts.tls_name) : authority;
    if (name.len >= sizeof w->tls_name || authority.len >= sizeof w->tls_name) return -EINVAL;
    err = edoi_grpc_target_host(w->tls_name, authority.ptr);
    if (err < 0) return edo_fail(err, "no authority: %s", edoi_behind_login(authority).ptr);
    if (w->opts.tls_name) memcpy(w->tls_name, name.ptr, name.len + 1);
    return 0;
}

static int way_copy_interceptors(edoi_grpc_way *w) {
    edo_grpc_channel_opts *o = &w->opts;
    const size_t bytes = o->interceptors_n * sizeof *o->interceptors;
    if (bytes == 0) return 0;
    edo_grpc_interceptor *copy = edo_arena_alloc(&w->texts, bytes);
    if (!copy) return -ENOMEM;
    memcpy(copy, o->interceptors, bytes);
    o->interceptors = copy;
    return 0;
}

static int way_set_config(edoi_grpc_way *w) {
    edo_grpc_channel_opts *o = &w->opts;
    if (o->service_config.len == 0) return 0;
    int err = edoi_grpc_config_parse(&w->config, o->service_config, &w->texts);
    if (w->config.has_balance) o->balance = w->config.balance;
    return err == 0 || err == -ENOMEM ? err : edo_fail(-EINVAL, "the service config");
}

static int way_new(edoi_grpc_way **out, edo_str target, const edo_grpc_channel_opts *opts) {
    edoi_grpc_way *w = edo_rc_new(sizeof *w, way_deinit);
    if (!w) return -ENOMEM;
    memset(w, 0, sizeof *w);
    w->texts.chunk_bytes = 256;
    if (opts) w->opts = *opts;
    if (w->opts.tls) (void)edo_rc_ref(w->opts.tls);
    int err = edoi_grpc_target_parse(&w->target, target);
    const edo_str shown = edoi_behind_login(target);
    if (err < 0) (void)edo_fail(err, "no target: %.*s", (int)shown.len, shown.ptr);
    if (err == 0 && !way_is_good(&w->opts)) err = -EINVAL;
    if (err == 0 && w->opts.tls_name && !w->opts.tls) // the calls would be in clear
        err = edo_fail(-EINVAL, "`tls_name` without `tls`");
    way_fill_in(w);
    if (err == 0) err = way_set_names(w);
    if (err == 0) err = way_set_codings(w);
    if (err == 0) err = way_copy_interceptors(w);
    if (err == 0) err = way_set_config(w);
    if (err == 0) err = edoi_grpc_counts_init(&w->counts, w->opts.metrics, false);
    if (err == 0)
        *out = w;
    else
        edo_rc_unref(w);
    return err;
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static void use_unref(edoi_grpc_use *u) {
    edo_balance_unref(u->balance);
    edo_cancel_unref(u->left);
}

static void channel_deinit(void *self) {
    edo_grpc_channel *ch = self;
    use_unref(&ch->use);
    edo_service_unref(ch->layers);
    edo_cancel_unref(ch->closed);
    edo_rc_unref(ch->way);
    (void)pthread_mutex_destroy(&ch->lock);
}

int edo_grpc_channel_new(edo_grpc_channel **out, edo_str target,
                         const edo_grpc_channel_opts *opts) {
    edoi_grpc_way *way = NULL; // gcc does not see that it is set
    int err = way_new(&way, target, opts);
    if (err < 0) return err;
    edo_grpc_channel *ch = edo_rc_new(sizeof *ch, channel_deinit);
    if (!ch) {
        edo_rc_unref(way);
        return -ENOMEM;
    }
    *ch = (edo_grpc_channel){ .way = way, .owners_n = 1, .changed = EDO_NOTIFY_INIT };
    (void)pthread_mutex_init(&ch->lock, NULL); // this never fails without attributes
    err = edo_cancel_new(&ch->closed);
    if (err == 0 && (way->opts.layers || way->config.hedges))
        err = edoi_grpc_layers_build(&ch->layers, way->opts.layers);
    way->opts.layers = NULL; // it was borrowed
    if (err == 0)
        *out = ch;
    else
        edo_rc_unref(ch);
    return err;
}

edo_grpc_channel *edo_grpc_channel_ref(edo_grpc_channel *ch) {
    (void)pthread_mutex_lock(&ch->lock);
    ch->owners_n++;
    (void)pthread_mutex_unlock(&ch->lock);
    return ch;
}

/* An owner has gone. Called with the lock held, which it releases. */
static void channel_let_go(edo_grpc_channel *ch) {
    bool is_last = --ch->owners_n == 0;
    (void)pthread_mutex_unlock(&ch->lock);
    if (!is_last) return;
    edo_grpc_channel_close(ch);
    edo_rc_unref(ch);
}

void edo_grpc_channel_unref(edo_grpc_channel *ch) {
    if (!ch) return;
    (void)pthread_mutex_lock(&ch->lock);
    channel_let_go(ch);
}

void edo_grpc_channel_close(edo_grpc_channel *ch) {
    edo_cancel(ch->closed, EDO_CANCEL_ASKED); // before the look: then there is no other use
    edoi_grpc_channel_drop_use(ch);
}

void edoi_grpc_channel_enter(edo_grpc_channel *ch) {
    (void)pthread_mutex_lock(&ch->lock);
    ch->owners_n++;
    ch->calls_n++;
    (void)pthread_mutex_unlock(&ch->lock);
}

void edoi_grpc_channel_leave(edo_grpc_channel *ch) {
    (void)pthread_mutex_lock(&ch->lock);
    if (--ch->calls_n == 0) ch->idle_at = edo_now();
    channel_let_go(ch);
}

/* ---- The balance ----------------------------------------------------------------------------- */

/* Called with the lock held. */
static edoi_grpc_use use_ref(const edoi_grpc_use *u) {
    if (!u->balance) return (edoi_grpc_use){ NULL, NULL };
    return (edoi_grpc_use){ edo_balance_ref(u->balance), edo_cancel_ref(u->left) };
}

/* Returns what the channel uses, with references; NULL: nothing. */
static edoi_grpc_use channel_use(edo_grpc_channel *ch) {
    (void)pthread_mutex_lock(&ch->lock);
    const edoi_grpc_use u = use_ref(&ch->use);
    (void)pthread_mutex_unlock(&ch->lock);
    return u;
}

void edoi_grpc_channel_drop_use(edo_grpc_channel *ch) {
    (void)pthread_mutex_lock(&ch->lock);
    edoi_grpc_use u = ch->use;
    ch->use = (edoi_grpc_use){ NULL, NULL };
    (void)pthread_mutex_unlock(&ch->lock);
    if (!u.balance) return;
    edo_notify_all(&ch->changed); // for one that looks now, and has no balance to wait for
    edo_cancel(u.left, EDO_CANCEL_ASKED);
    use_unref(&u);
}

/* Is the health of servers watched? Not by PICK_FIRST, which has no other one (gRPC's A17). */
static bool way_watches(const edoi_grpc_way *w) {
    return w->config.health.ptr && w->opts.balance != EDO_BALANCE_PICK_FIRST;
}

static int channel_make_balance(edo_grpc_channel *ch, edo_balance **out) {
    edoi_grpc_way *w = ch->way;
    const bool watches = way_watches(w);
    const edo_balance_opts opts = { .kind = w->opts.balance,
                                    .check_every = edo_s(1), // of a check, which waits for news
                                    .check_timeout = edo_ns(EDO_FOREVER_NS),
                                    .checks_down = 1,
                                    .checks_up = 1,
                                    .panic_below = -1,
                                    // a list has an order
                                    .shuffles = w->target.is_name || w->config.shuffles,
                                    .connect_timeout = w->opts.connect_timeout,
                                    .pause_min = w->opts.pause_min,
                                    .pause_max = w->opts.pause_max };
    edo_seq *source = edoi_grpc_target_source(&w->target, !w->opts.connect);
    int err =
        edo_balance_new(out, source, watches ? &edoi_grpc_dial_watching_ops : &edoi_grpc_dial_ops,
                        edo_rc_ref(w), &opts);
    if (err < 0) edo_rc_unref(w);
    return err;
}

static int channel_make_use(edo_grpc_channel *ch, edoi_grpc_use *out) {
    edoi_grpc_use u = { NULL, NULL };
    int err = edo_cancel_child(&u.left, ch->closed);
    if (err == 0) err = channel_make_balance(ch, &u.balance);
    if (err == 0)
        *out = u;
    else
        edo_cancel_unref(u.left);
    return err;
}

/* Puts what was made in its place, unless another task was faster, or the channel is closed.
 * Returns what counts, with references; NULL: it is closed. */
static edoi_grpc_use channel_put_use(edo_grpc_channel *ch, edoi_grpc_use made) {
    edoi_grpc_use u = { NULL, NULL };
    (void)pthread_mutex_lock(&ch->lock);
    bool is_closed = edo_cancel_is_set(ch->closed), is_ours = !is_closed && !ch->use.balance;
    if (is_ours) ch->use = made;
    if (is_ours) ch->idle_at = edo_now();
    if (!is_closed) u = use_ref(&ch->use);
    (void)pthread_mutex_unlock(&ch->lock);
    if (is_ours) {
        edo_notify_all(&ch->changed);
        edoi_grpc_channel_watch(ch);
    } else {
        use_unref(&made);
    }
    return u;
}

/* Returns references in `*out`. */
static int channel_begin_use(edo_grpc_channel *ch, edoi_grpc_use *out) {
    edoi_grpc_use made = { NULL, NULL }; // gcc does not see that it is set
    *out = channel_use(ch);
    if (out->balance) return 0;
    if (edo_cancel_is_set(ch->closed)) return -EDO_ECLOSED;
    int err = channel_make_use(ch, &made);
    if (err < 0) return err;
    *out = channel_put_use(ch, made);
    return out->balance ? 0 : -EDO_ECLOSED;
}

int edoi_grpc_channel_pick(edo_grpc_channel *ch, edo_balance_lease *lease, bool wait_for_ready) {
    edoi_grpc_use u;
    edo_cancel_block closed;
    int err = channel_begin_use(ch, &u);
    if (err < 0) return err;
    err = edo_balance_try_pick(u.balance, lease);
    if (err == -EAGAIN) {
        edo_cancel_begin(&closed, ch->closed);
        err =
            edo_balance_pick(u.balance, lease, wait_for_ready ? EDO_PICK_WAIT : EDO_PICK_FAIL_FAST);
        err = edo_cancel_end(&closed, err);
        if (err == -ECANCELED && edo_cancel_is_set(ch->closed)) err = -EDO_ECLOSED;
    }
    use_unref(&u);
    return err;
}

/* ---- States ---------------------------------------------------------------------------------- */

static edo_grpc_channel_state channel_state_of(edo_balance_state state) {
    switch (state) {
    case EDO_BALANCE_IDLE: return EDO_GRPC_IDLE;
    case EDO_BALANCE_CONNECTING: return EDO_GRPC_CONNECTING;
    case EDO_BALANCE_READY: return EDO_GRPC_READY;
    case EDO_BALANCE_FAILED: break;
    }
    return EDO_GRPC_TRANSIENT_FAILURE;
}

edo_grpc_channel_state edo_grpc_channel_get_state(edo_grpc_channel *ch) {
    if (edo_cancel_is_set(ch->closed)) return EDO_GRPC_SHUTDOWN;
    edoi_grpc_use u = channel_use(ch);
    edo_grpc_channel_state state =
        u.balance ? channel_state_of(edo_balance_get_state(u.balance)) : EDO_GRPC_IDLE;
    use_unref(&u);
    return state;
}

int edo_grpc_channel_connect(edo_grpc_channel *ch) {
    edoi_grpc_use u;
    int err = channel_begin_use(ch, &u);
    if (err < 0) return err;
    edo_balance_connect(u.balance);
    use_unref(&u);
    return 0;
}

/* Waits for a change of the balance, until there is another one, or none. Returns 0 or a code. */
static int channel_await_change(edo_grpc_channel *ch, edo_notify_wait_future *changed,
                                edo_grpc_channel_state seen) {
    static const edo_balance_state states[] = {
        [EDO_GRPC_IDLE] = EDO_BALANCE_IDLE,
        [EDO_GRPC_CONNECTING] = EDO_BALANCE_CONNECTING,
        [EDO_GRPC_READY] = EDO_BALANCE_READY,
        [EDO_GRPC_TRANSIENT_FAILURE] = EDO_BALANCE_FAILED,
    };
    edo_cancel_block over;
    edoi_grpc_use u = channel_use(ch);
    edo_cancel_token *end = u.balance ? u.left : ch->closed;
    if (u.balance) edo_drop(&changed->base);
    edo_cancel_begin(&over, end);
    int err =
        u.balance ? edo_balance_wait_state(u.balance, states[seen]) : edo_await(&changed->base);
    err = edo_cancel_end(&over, err);
    if (err > 0 || edo_cancel_is_set(end)) err = 0;
    use_unref(&u);
    return err;
}

int edo_grpc_channel_wait_state(edo_grpc_channel *ch, edo_grpc_channel_state seen) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    for (;;) {
        edo_notify_wait_future changed;
        (void)edo_notify_wait_init(&changed, &ch->changed); // before the look
        edo_grpc_channel_state state = edo_grpc_channel_get_state(ch);
        if (state != seen || state == EDO_GRPC_SHUTDOWN) {
            edo_drop(&changed.base);
            return (int)state;
        }
        err = channel_await_change(ch, &changed, seen);
        if (err < 0) return err;
    }
}
