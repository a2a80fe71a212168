/* SPDX-License-Identifier: MIT */
/* login.c: a page that knows who looks at it: a session, from its login to its end.
 *
 *     LOGIN_PASSWORD=secret login [HOST:PORT]        then open it
 *
 * There is one password for all names. A real service keeps a hash of each, as this one does while
 * it runs. */
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/password.h>
#include <edo/session.h>
#include <edo/template.h>
#include <edo/web.h>
#include <edo/web_guard.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct view {
    edo_str name; /* empty: nobody is logged in */
    uint64_t visits;
    bool was_wrong;
} view;
EDO_DESCRIBE(view, EDO_FIELD(view, name), EDO_FIELD(view, visits), EDO_FIELD(view, was_wrong))

static const char text[] =
    "<!doctype html><html lang=en><meta charset=utf-8><title>Login</title>\n"
    "{{#name}}\n"
    "<p>Hello {{name}}. You have been here {{visits}} times.</p>\n"
    "<form method=post action=/logout><button>Log out</button></form>\n"
    "{{/name}}\n"
    "{{^name}}\n"
    "{{#was_wrong}}<p role=alert>That was not the password.</p>{{/was_wrong}}\n"
    "<form method=post action=/login><input name=name aria-label=Name required>\n"
    "<input name=password type=password aria-label=Password required> <button>Log "
    "in</button></form>\n"
    "{{/name}}\n"
    "</html>\n";

typedef struct state {
    edo_template *page;
    edo_session_memory *store;
    char hash[EDO_PASSWORD_HASH_BYTES]; /* of the password */
} state;

static int show(edo_web *w) {
    const state *s = edo_web_state(w);
    edo_session *session;
    char visits[21];
    int err = edo_session_open(&session, w);
    if (err < 0) return err;
    view v = { .name = edo_session_get(session, "name") };
    if (v.name.len > 0) {
        (void)edo_str_uint(&v.visits, edo_session_get(session, "visits"));
        v.visits++;
        (void)snprintf(visits, sizeof visits, "%" PRIu64, v.visits);
        err = edo_session_set(session, "visits", edo_str_of(visits));
    }
    return err < 0 ? err : edo_web_reply_template(w, EDO_STATUS_OK, s->page, &v);
}

typedef struct login_form {
    edo_str name;
    const char *password;
} login_form;
EDO_DESCRIBE(login_form, EDO_FIELD(login_form, name, .min_len = 1, .max_len = 80),
             EDO_FIELD(login_form, password, .max_len = 200, .secret = true))

static int login(edo_web *w) {
    const state *s = edo_web_state(w);
    login_form form = { 0 };
    edo_session *session = NULL;
    int err = edo_web_form(w, &form, &login_form_desc); // on failure a response has been made
    if (err < 0) return err;
    err = edo_password_check(s->hash, form.password);
    if (err == -EACCES)
        return edo_web_reply_template(w, EDO_STATUS_FORBIDDEN, s->page,
                                      &(view){ .was_wrong = true });
    if (err == 0) err = edo_session_open(&session, w);
    if (err == 0) err = edo_session_rotate(session); // an id from before is worth nothing now
    if (err == 0) err = edo_session_set(session, "name", form.name);
    if (err == 0) err = edo_session_set(session, "visits", EDO_STR("0"));
    return err < 0 ? err : edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, EDO_STR("/"));
}

static int logout(edo_web *w) {
    edo_session *session;
    int err = edo_session_open(&session, w);
    if (err == 0) err = edo_session_end(session);
    return err < 0 ? err : edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, EDO_STR("/"));
}

/* A guess costs the server a few tenths of a second of a core: of one address few are tried. */
static edo_router *login_routes(void) {
    const edo_http_rate_opts few = { .limit = { .num = 1, .burst = 10 } };
    edo_router *r = edo_router_new();
    edo_router_post(r, "/login", login);
    edo_router_wrap(r, edo_http_rate_layer(&few));
    return r;
}

static int serve(state *s, const char *address) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", show);
    edo_router_merge(r, login_routes());
    edo_router_post(r, "/logout", logout);
    // Without TLS in front of it the cookie cannot be `Secure`.
    const edo_session_opts sessions = { .ops = &edo_session_memory_ops,
                                        .store = s->store,
                                        .plain_http = true };
    edo_router_wrap_all(r, edo_session_layer(&sessions));
    return edo_web_serve(r, &(edo_web_opts){ .listen = address, .announce = true, .state = s });
}

static int app(void *arg) {
    static state s;
    const char *password = getenv("LOGIN_PASSWORD");
    if (!password) return edo_fail(-EDO_EVALUE, "LOGIN_PASSWORD is not set");
    int err = edo_password_hash(s.hash, password, NULL);
    if (err == 0) err = edo_template_new(&s.page, edo_str_of(text), &view_desc, NULL);
    if (err == 0) err = edo_session_memory_new(&s.store, NULL);
    if (err == 0) err = serve(&s, arg);
    if (err == -ETIMEDOUT) return err; // a handler may still run
    edo_session_memory_free(s.store);
    edo_template_free(s.page);
    return err;
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
