/* SPDX-License-Identifier: MIT */
/* service/balance/member.c: connects an endpoint, watches its connection, pauses, and again. */
#include "service/balance/member.h"

#include "records/unfinished.h"
#include "service/outcome.h"
#include "service/own_wait.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>

/* Connects. Returns 0 and `*out`, or why not. */
static int member_connect(edoi_member *m, edoi_balance_conn **out) {
    const edoi_balance_set *set = m->set;
    edoi_balance_conn *c;
    int err = edoi_balance_conn_new(&c, m);
    if (err < 0) return err;
    edo_deadline limit;
    edo_deadline_begin(&limit, set->opts.connect_timeout);
    err = set->ops->connect(set->arg, &m->endpoint, &c->made);
    err = edo_deadline_end(&limit, err);
    if (err < 0) {
        c->made = NULL;
        edoi_balance_conn_drop(c);
        return err == -ECANCELED ? -ECONNABORTED : err; // a pick that gets it was not cancelled
    }
    *out = c;
    return 0;
}

/* Does the result of a check say something? One that was cancelled does not, as the next sleep will
 * say; nor does one that a layer of the program's has refused, or kept in its line until it was
 * late. */
static bool check_tells(int result) {
    return result != -ECANCELED && !edoi_outcome_is_refusal(result) &&
           !edoi_own_wait_was_cut(result);
}

/* A check that finds the connection lost ends it, as a call does: one that is ill gets no calls
 * that could find it out. */
static void conn_checked(edoi_balance_conn *c, int result) {
    if (check_tells(result) && edoi_member_checked(c->of, result)) c->ill = result;
    if (result < 0 && (c->ill < 0 || edoi_balance_conn_is_lost(c, result))) edoi_conn_lost(c);
}

/* Asks the endpoint of a connection again and again. */
static int conn_check(void *arg) {
    edoi_balance_conn *c = arg;
    const edoi_balance_set *set = c->of->set;
    int err = 0;
    while (err == 0) {
        edo_deadline limit;
        edo_deadline_begin(&limit, set->opts.check_timeout);
        edoi_own_wait_begin();
        int result = set->ops->check(set->arg, c->made);
        result = edo_deadline_end(&limit, result);
        if (result < 0) edo_trail_clear();
        if (result != -ECANCELED) conn_checked(c, result); // else the sleep is cancelled, too
        err = edo_sleep(set->opts.check_every);
    }
    return err;
}

/* Waits until the connection can take no further call. Returns why, as `watch` does; -ECANCELED: a
 * call has found it lost, or the member has gone. */
static int conn_watch(const edoi_balance_conn *c) {
    const edoi_balance_set *set = c->of->set;
    edo_cancel_block lost;
    if (!set->ops->watch) {
        (void)edo_cancel_wait(c->lost); // -ECANCELED: the next await returns it, too
        return -ECANCELED;
    }
    edo_cancel_begin(&lost, c->lost);
    int why = set->ops->watch(set->arg, c->made);
    why = edo_cancel_end(&lost, why);
    if (why < 0) edo_trail_clear();
    return why;
}

/* As conn_watch(), and the endpoint is asked meanwhile, if the program can. */
static int conn_await_end(edoi_balance_conn *c) {
    const edo_spawn_opts opts = { .name = EDOI_OWN_TASK "checks of an endpoint" };
    edo_scope s;
    if (!c->of->set->ops->check) return conn_watch(c);
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    int why = edo_scope_spawn_with(&s, conn_check, c, &opts);
    if (why == 0) why = conn_watch(c); // without memory for checks it is made anew
    edo_scope_cancel(&s);
    (void)edo_scope_end(&s, 0); // was cancelled
    edo_trail_clear();
    return why;
}

/* Waits until it shall connect, or may stand in for one that is slow. */
static int member_stand_by(edoi_member *m) {
    edo_deadline limit;
    edo_deadline_begin(&limit, edoi_member_patience(m));
    int err = edo_deadline_end(&limit, edo_notify_wait(&m->go));
    if (err != -ETIMEDOUT) return err;
    edo_trail_clear();
    edoi_member_stand_in(m);
    return 0;
}

/* The member's connection has ended without use. The first time a new one is made at once: the old
 * one may have ended while it was idle. The next time the rest of the pause is awaited: else a
 * server that accepts and hangs up would be connected to in a loop. Meanwhile the member counts as
 * failed, so that calls that fail fast get the reason. A server that closes idle connections in
 * order is healthy: the pause does not grow, and calls wait for the rest of it. Returns 0, or
 * -ECANCELED. */
static int member_bear(edoi_member *m, int why, edo_duration rest) {
    const bool is_first = !m->was_useless;
    m->was_useless = true;
    if (is_first) return edo_yield();
    if (why >= 0) {
        edoi_pause_reset(&m->pause);
        return edo_sleep(rest);
    }
    edoi_member_failed(m, why < 0 && why != -ECANCELED ? why : -ECONNRESET);
    return edo_sleep(rest);
}

/* One connect and what follows. Returns 0, or -ECANCELED: the member has gone. */
static int member_round(edoi_member *m) {
    edoi_balance_conn *c;
    if (!edoi_member_begin(m)) return member_stand_by(m);
    edo_instant start = edo_now();
    edo_duration pause = edoi_pause_next(&m->pause);
    int err = member_connect(m, &c);
    if (err < 0) {
        edoi_member_failed(m, err);
        edo_trail_clear(); // it is made up for by the next connect
        return edo_sleep(pause);
    }
    if (!edoi_member_connected(m, c)) {
        edoi_balance_conn_drop(c);
        return edo_yield();
    }
    const int why = conn_await_end(c), ill = c->ill;
    const bool was_of_use = edoi_balance_conn_leave(c, why >= 0);
    if (ill < 0) { // others are tried first
        edoi_member_failed(m, ill);
        return edo_sleep(pause);
    }
    const int64_t rest_ns = pause.ns - edo_instant_since(edo_now(), start).ns;
    if (!was_of_use && rest_ns > 0) return member_bear(m, why, edo_ns(rest_ns));
    m->was_useless = false;
    edoi_pause_reset(&m->pause);
    return edo_yield();
}

int edoi_member_task(void *arg) {
    edoi_member *m = arg;
    int err = 0;
    while (err == 0) err = member_round(m);
    edoi_member_unref(m);
    return err;
}
