/* SPDX-License-Identifier: MIT */
/* visit.c: see visit.h.
 *
 * inv. 1: a connection uses its user only with the user's `using` locked, and only while it is the
 *         user's connection. */
#include "person/visit.h"

#include "person/sessions.h"
#include "server.h"

#include <edo/scope.h>

/* With the user's `using` locked; `is_new`: it is to arrive. */
static int visit_welcome(user *u, const visit *v, const hello *first, edo_instant came,
                         bool is_new) {
    int err = 0;
    if (is_new) {
        u->may_have_said = first->session.len > 0;
        err = user_arrive(u, first->nick, came);
        if (err < 0) sessions_forget(u->server->sessions, u);
    } else {
        user_return(u, came);
    }
    if (u->forgotten_n > 0) u->may_have_said = true; // its client may say it again
    if (err < 0) return err;
    user_attach(u, v->connection, v->by, v->address);
    return request_welcome(u, first);
}

int visit_begin(user **out, server *at, const visit *v, const char *session, const hello *first) {
    *out = NULL;
    user *u;
    const edo_instant came = edo_now(); // before any wait
    int claimed = sessions_claim(at->sessions, at, session, came, &u);
    if (claimed == -EDO_ECLOSED) v->by.ops->take_over(v->by.to);
    if (claimed < 0) return claimed;
    int err = visit_welcome(u, v, first, came, claimed == 0);
    bool is_its = u->me.connection == v->connection;
    edo_mutex_unlock(&u->using);
    if (is_its) {
        *out = u;
    } else {
        edo_rc_unref(u);
    }
    return err;
}

int visit_lock(user *u, const void *connection) {
    int err = edo_mutex_lock(&u->using);
    if (err < 0 || u->me.connection == connection) return err;
    edo_mutex_unlock(&u->using);
    return 1;
}

/* `goes`: the person does not wait for another connection, and its session is over. */
static void visit_over(user *u, const void *connection, bool goes) {
    if (!u) return;
    EDO_SHIELD(sh, edo_ns(-1)); // whatever ends it, its user is held, or goes
    if (visit_lock(u, connection) == 0) {
        sessions *all = u->server->sessions;
        user_detach(u);
        if (goes) {
            u->me.is_over = true;
            sessions_let_go(all, u);
        } else {
            sessions_hold(all, u);
        }
        edo_mutex_unlock(&u->using);
    }
    (void)edo_shield_end(&sh, 0);
    edo_rc_unref(u);
}

void visit_end(user *u, const void *connection) {
    visit_over(u, connection, false);
}

void visit_leave(user *u, const void *connection) {
    visit_over(u, connection, true);
}
