/* SPDX-License-Identifier: MIT */
/* accounts.c: who they are, by forms: who has logged in has a session. */
#include "accounts.h"

#include <edo/password.h>
#include <edo/session.h>
#include <edo/web_guard.h>

#include <errno.h>

typedef struct credentials {
    char name[33], password[129];
} credentials;
EDO_DESCRIBE(credentials, EDO_FIELD(credentials, name, .pattern = "[a-z0-9_-]+"),
             EDO_FIELD(credentials, password, .min_len = 8, .secret = true))

typedef struct account {
    char id[21], hash[EDO_PASSWORD_HASH_BYTES];
} account;
EDO_DESCRIBE(account, EDO_FIELD(account, id), EDO_FIELD(account, hash, .secret = true))

/* From now on the browser is this account's. */
static int begin_session(edo_web *w, const account *a) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err == 0) err = edo_session_rotate(s); // an id from before is worth nothing now
    return err < 0 ? err : edo_session_set(s, "account", edo_str_of(a->id));
}

static int sign_up(edo_web *w, const void *in, void *out) {
    const credentials *c = in;
    account a = { .id = "" };
    (void)out;
    int err = edo_password_hash(a.hash, c->password, NULL);
    if (err == 0)
        err = edo_pg_query_one(edo_web_state(w), &a, &account_desc,
                               "insert into account (name, hash) values ($1, $2)"
                               " on conflict do nothing returning id, hash",
                               EDO_SQL(c->name, a.hash));
    if (err == -EDO_ENOROW) return edo_web_reject(w, err, EDO_STATUS_CONFLICT, "the name is taken");
    return err < 0 ? err : begin_session(w, &a);
}

static int log_in(edo_web *w, const void *in, void *out) {
    const credentials *c = in;
    account a = { .id = "" };
    (void)out;
    int err = edo_pg_query_one(edo_web_state(w), &a, &account_desc,
                               "select id, hash from account where name = $1", EDO_SQL(c->name));
    if (err == 0 || err == -EDO_ENOROW) err = edo_password_check(a.hash, c->password);
    if (err == -EACCES)
        return edo_web_reject(w, err, EDO_STATUS_FORBIDDEN, "wrong name or password");
    return err < 0 ? err : begin_session(w, &a);
}

static int log_out(edo_web *w, const void *in, void *out) {
    edo_session *s;
    (void)in, (void)out;
    int err = edo_session_open(&s, w);
    return err < 0 ? err : edo_session_end(s);
}

int account_required(edo_web *w, edo_next *next) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err < 0) return err;
    edo_str id = edo_session_get(s, "account");
    if (id.len == 0) return edo_web_reply_problem(w, EDO_STATUS_UNAUTHORIZED, "log in first");
    err = edo_request_set_user(edo_web_request(w), id); // the access log has it, too
    return err < 0 ? err : edo_next_call(next, w);
}

edo_str account_of(edo_web *w) {
    return edo_request_user(edo_web_request(w));
}

edo_router *account_routes(void) {
    const edo_route_doc form = { .form = &credentials_desc }, nothing = { .form = NULL };
    edo_router *r = edo_router_new();
    edo_router_call(r, EDO_METHOD_POST, "/accounts", sign_up, &form);
    edo_router_call(r, EDO_METHOD_POST, "/login", log_in, &form);
    edo_router_call(r, EDO_METHOD_POST, "/logout", log_out, &nothing);
    // of each address, so that nobody tries many passwords
    edo_router_wrap(r, edo_http_rate_layer(&(edo_http_rate_opts){ .limit = { .num = 10 } }));
    return r;
}
