/* SPDX-License-Identifier: MIT */
/* web/session/session.c: the session of a request. */
#include "base/assert.h"
#include "base/opts.h"
#include "base/text/ascii.h"
#include "web/cookies/cookies.h"
#include "web/layers/layer.h"
#include "web/session/texts.h"

#include <edo/random.h>
#include <edo/session.h>
#include <edo/web_guard.h>

#include <errno.h>

#define IDLE_MAX edo_minutes(30)
#define AGE_MAX  edo_hours(24)
#define TOUCHES_N                                                                                  \
    10 /* a session that is only read is touched when this part of its idle time is over */

struct edo_session {
    edo_web *w;
    edo_session *outer;           /* that of a layer around this one's; NULL: none */
    edo_session *next;            /* the next of the same request, in sessions.all */
    const edo_session_opts *opts; /* of the layer, with defaults filled in */
    const char *cookie;
    bool is_open;    /* false: it was not asked for, and the members below are not set */
    bool is_stored;  /* the store has it, by `id` */
    bool is_changed; /* since it was loaded or saved */
    bool has_old;    /* `old` has to be removed from the store */
    edo_duration age, idle;
    edoi_session_texts texts;
    edo_bytes data;                    /* has the texts of `texts` */
    char id[EDO_SESSION_ID_BYTES + 1]; /* "": none yet */
    char old[EDO_SESSION_ID_BYTES + 1];
};

static edo_arena *arena_of(const edo_session *s) {
    return edo_web_request(s->w)->arena;
}

static edo_str id_of(const char *id) {
    return (edo_str){ id, EDO_SESSION_ID_BYTES };
}

static edo_cookie_opts attributes(const edo_session_opts *o) {
    return (edo_cookie_opts){ .plain_http = o->plain_http, .same_site = o->same_site };
}

/* ---- Opening --------------------------------------------------------------------------------- */

static bool session_is_id(edo_str s) {
    if (s.len != EDO_SESSION_ID_BYTES) return false;
    for (size_t i = 0; i < s.len; i++)
        if (edoi_hex_digit(s.ptr[i]) < 0 || edoi_lower(s.ptr[i]) != s.ptr[i]) return false;
    return true;
}

static bool session_has_ended(const edo_session *s, const edo_session_record *r) {
    return r->age.ns >= s->opts->age_max.ns || r->idle.ns >= s->opts->idle_max.ns;
}

/* Takes the record of the store, unless its time is over. */
static int session_take_record(edo_session *s, edo_str id, edo_session_record *r) {
    if (session_has_ended(s, r)) return s->opts->ops->remove(s->opts->store, id);
    edo_bytes_unref(&s->data);
    s->data = r->data;
    r->data = (edo_bytes){ 0 };
    s->age.ns = r->age.ns > 0 ? r->age.ns : 0; // the clock of the store may be wrong
    s->idle = r->idle;
    s->texts = (edoi_session_texts){ 0 };
    int err = edoi_session_parse(&s->texts, arena_of(s), s->data.str);
    if (err < 0) return err;
    memcpy(s->id, id.ptr, EDO_SESSION_ID_BYTES);
    s->is_stored = true;
    return 0;
}

static int load_record(edo_session *s, edo_str id, edo_session_record *out) {
    const edo_session_store_ops *ops = s->opts->ops;
    edo_addr client;
    char key[EDO_ADDR_KEY_BYTES];
    if (!ops->load_for || edo_request_client(edo_web_request(s->w), &client) < 0)
        return ops->load(s->opts->store, id, out);
    return ops->load_for(s->opts->store, id, edo_addr_key(&client, key), out);
}

static int session_load(edo_session *s) {
    edo_session_record r = { .age = { 0 } };
    edo_str id = edo_cookies_get(s->w, s->cookie);
    if (!id.ptr || !session_is_id(id)) return 0;
    int err = load_record(s, id, &r);
    if (err == -ENOENT) return 0;
    if (err == 0) err = session_take_record(s, id, &r);
    edo_bytes_unref(&r.data);
    return err;
}

/* The sessions of one request: each layer of sessions around its handler has one. */
typedef struct sessions {
    edo_session *now; /* that of the innermost layer that was called and has not returned */
    edo_session *all; /* all; their data live as long as the request */
} sessions;

static void session_drop(void *value) {
    for (edo_session *s = ((sessions *)value)->all; s; s = s->next) edo_bytes_unref(&s->data);
}

static const edo_ext_tag tag = { .name = "edo_session", .drop = session_drop };

int edo_session_open(edo_session **out, edo_web *w) {
    const sessions *of_request = edo_ext_get(&edo_web_request(w)->ext, &tag);
    if (!of_request)
        return edo_fail(-EDO_EMISUSE, "edo_session_open(): no edo_session_layer() is around it");
    edo_session *s = of_request->now;
    int err = edo_budget_consume();
    if (err == 0 && !s->is_open) err = session_load(s);
    if (err < 0) return err;
    s->is_open = true;
    *out = s;
    return 0;
}

/* ---- Texts ----------------------------------------------------------------------------------- */

edo_str edo_session_get(const edo_session *s, const char *name) {
    const edoi_session_text *x = edoi_session_find(&s->texts, edo_str_of(name));
    return x ? x->value : (edo_str){ 0 };
}

/* Gives the session a new id. The browser gets it when the store has it, so that a request that
 * fails before does not cost the browser its former session. */
static int session_begin(edo_session *s) {
    unsigned char random[EDO_SESSION_ID_BYTES / 2];
    int err = edo_random(random, sizeof random);
    if (err < 0) return err;
    (void)edo_hex_encode(s->id, (edo_str){ (const char *)random, sizeof random });
    s->is_stored = false;
    s->is_changed = true;
    s->age = s->idle = (edo_duration){ 0 };
    return 0;
}

int edo_session_set(edo_session *s, const char *name, edo_str value) {
    const edoi_session_text *x = edoi_session_find(&s->texts, edo_str_of(name));
    if (x && edo_str_equal(x->value, value)) return 0;
    int err = *s->id ? 0 : session_begin(s);
    if (err == 0)
        err = edoi_session_put(&s->texts, arena_of(s), edo_str_of(name), value, s->opts->bytes_max);
    if (err == 0) s->is_changed = true;
    return err;
}

void edo_session_unset(edo_session *s, const char *name) {
    if (edoi_session_take(&s->texts, edo_str_of(name))) s->is_changed = true;
}

/* ---- Another id, the end --------------------------------------------------------------------- */

int edo_session_rotate(edo_session *s) {
    if (!*s->id) return 0; // the first text gets a new id
    if (s->is_stored) {
        memcpy(s->old, s->id, sizeof s->old);
        s->has_old = true;
    }
    return session_begin(s);
}

static int remove_stored(edo_session *s) {
    int err = 0;
    if (s->is_stored) err = s->opts->ops->remove(s->opts->store, id_of(s->id));
    if (err == 0 && s->has_old) err = s->opts->ops->remove(s->opts->store, id_of(s->old));
    if (err == 0) s->is_stored = s->has_old = false;
    return err;
}

/* Empties the session, as if the browser had none. */
static int session_forget(edo_session *s) {
    const edo_cookie_opts cookie = attributes(s->opts);
    s->texts = (edoi_session_texts){ 0 };
    s->is_stored = s->is_changed = false;
    *s->id = 0;
    return edo_cookies_remove(s->w, s->cookie, &cookie);
}

int edo_session_end(edo_session *s) {
    int err = edo_budget_consume();
    if (err == 0) err = remove_stored(s);
    return err < 0 ? err : session_forget(s);
}

/* ---- Saving ---------------------------------------------------------------------------------- */

static edo_duration ttl_of(const edo_session *s) {
    edo_duration left = { s->opts->age_max.ns - s->age.ns };
    return left.ns < s->opts->idle_max.ns ? left : s->opts->idle_max;
}

static int write_data(edo_session *s) {
    const edo_cookie_opts cookie = attributes(s->opts);
    bool is_new = !s->is_stored;
    EDO_ASSERT(*s->id && s->is_changed);
    edo_buf data = { 0 };
    int err = edoi_session_print(&s->texts, &data);
    if (err == 0)
        err = s->opts->ops->save(s->opts->store, id_of(s->id), (edo_str){ data.ptr, data.len },
                                 s->age, ttl_of(s), is_new);
    edo_buf_deinit(&data);
    if (err == 0 && is_new) err = edo_cookies_set(s->w, s->cookie, id_of(s->id), &cookie);
    return err;
}

/* Saves changes. If another request has ended the session, or has given it another id, that stays;
 * so does the cookie, which may be the new one already. */
static int save_changes(edo_session *s) {
    int err = write_data(s);
    if (err == -ENOENT) {
        s->is_changed = false;
        return 0;
    }
    if (err < 0) return err;
    s->is_stored = true;
    s->is_changed = false;
    s->idle = (edo_duration){ 0 };
    if (!s->has_old) return 0;
    s->has_old = false;
    return s->opts->ops->remove(s->opts->store, id_of(s->old));
}

int edo_session_save(edo_session *s) {
    EDO_ASSERT(*s->id || !s->is_stored);
    if (!*s->id) return 0;
    if (!s->texts.first && (s->is_changed || s->has_old)) return edo_session_end(s);
    if (s->is_changed) return save_changes(s);
    if (s->is_stored && s->idle.ns > s->opts->idle_max.ns / TOUCHES_N) {
        s->idle = (edo_duration){ 0 };
        (void)s->opts->ops->touch(s->opts->store, id_of(s->id), ttl_of(s)); // it ends earlier now
    }
    return 0;
}

/* ---- The layer ------------------------------------------------------------------------------- */

typedef struct session_service {
    edo_service base;
    edo_session_opts opts; /* const */
} session_service;

/* Returns the sessions of a request; NULL without memory. */
static sessions *sessions_of(edo_request *req) {
    sessions *found = edo_ext_get(&req->ext, &tag);
    if (found) return found;
    found = edo_arena_alloc(req->arena, sizeof *found);
    if (!found) return NULL;
    *found = (sessions){ .all = NULL };
    return edo_ext_set(&req->ext, &tag, found) == 0 ? found : NULL;
}

static int session_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    const edo_session_opts *opts = &((session_service *)(void *)self)->opts;
    edo_web *w = request;
    edo_request *req = edo_web_request(w);
    sessions *of_request = sessions_of(req);
    edo_session *s = of_request ? edo_arena_alloc(req->arena, sizeof *s) : NULL;
    if (!s) return -ENOMEM;
    *s = (edo_session){ .w = w,
                        .outer = of_request->now,
                        .next = of_request->all,
                        .opts = opts,
                        .cookie = opts->cookie };
    of_request->now = of_request->all = s;
    edo_headers *fields = &edo_web_response(w)->headers;
    size_t fields_n = edo_headers_count(fields);
    int code = edo_service_call(self->inner, permit, request, response);
    if (code == 0 && s->is_open) {
        code = edo_session_save(s);
        if (code < 0) (void)edo_headers_truncate(fields, fields_n); // the response is given up
    }
    if (s->outer) of_request->now = s->outer;
    return code;
}

static const edo_service_ops session_ops = { .name = "edo_session_layer", .call = session_call };

static int session_fill_in(edo_session_opts *o) {
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)))
        return edo_fail(-EINVAL, "edo_session_layer(): `reserved`");
    if (!o->ops) return edo_fail(-EINVAL, "edo_session_layer(): no store: set `ops` and `store`");
    if (o->idle_max.ns < 0 || o->age_max.ns < 0)
        return edo_fail(-EINVAL, "edo_session_layer(): a negative time");
    if (!o->cookie) o->cookie = o->plain_http ? "session" : EDO_SESSION_COOKIE;
    if (o->bytes_max == 0) o->bytes_max = EDO_SESSION_BYTES_MAX;
    if (o->idle_max.ns == 0) o->idle_max = IDLE_MAX;
    if (o->age_max.ns == 0) o->age_max = AGE_MAX;
    const edo_cookie_opts cookie = attributes(o);
    int err = edoi_cookie_check(o->cookie, &cookie);
    return edo_fail(err, "edo_session_layer(): the cookie \"%s\" or its attributes", o->cookie);
}

static int session_wrap(edo_service **self, edo_service *inner, const edo_layer *layer) {
    edo_session_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    int err = session_fill_in(&o);
    if (err == 0) err = edo_service_new(self, sizeof(session_service), &session_ops, inner);
    if (err == 0) ((session_service *)(void *)*self)->opts = o;
    return err;
}

edo_layer edo_session_layer(const edo_session_opts *opts) {
    return edoi_web_layer(session_wrap, opts, sizeof *opts);
}
