/* SPDX-License-Identifier: MIT */
/* web/layers/guard/auth.c: edo_auth_layer(). */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/request/web.h"

#include <edo/http_fields.h>
#include <edo/web_guard.h>

#include <errno.h>
#include <stdio.h>

#define REALM_MAX 100u

typedef struct auth_service {
    edo_service base;
    edo_auth_opts opts;
    char basic[REALM_MAX + 40], bearer[REALM_MAX + 20]; /* challenges */
} auth_service;

/* ---- The user -------------------------------------------------------------------------------- */

static const edo_ext_tag user_tag = { .name = "edo_request_user" };

edo_str edo_request_user(const edo_request *req) {
    const edo_str *user = edo_ext_get(&req->ext, &user_tag);
    return user ? *user : EDO_STR("");
}

int edo_request_set_user(edo_request *req, edo_str name) {
    edo_str *user = edo_arena_alloc(req->arena, sizeof *user);
    char *text = edo_arena_copy(req->arena, name.ptr, name.len);
    if (!user || !text) return -ENOMEM;
    *user = (edo_str){ text, name.len };
    return edo_ext_set(&req->ext, &user_tag, user);
}

/* ---- Comparing ------------------------------------------------------------------------------- */

/* Finds the user. All are compared, also those behind the right one. */
static bool is_user(const edo_auth_opts *o, const edo_basic *given) {
    bool found = false;
    for (size_t i = 0; i < o->users_n; i++) {
        bool is_name = edo_str_equal_secret(given->user, edo_str_of(o->users[i].name));
        bool is_password = edo_str_equal_secret(given->password, edo_str_of(o->users[i].password));
        found |= is_name & is_password;
    }
    return found;
}

static bool is_token(const edo_auth_opts *o, edo_str given) {
    bool found = false;
    for (size_t i = 0; i < o->tokens_n; i++)
        found |= edo_str_equal_secret(given, edo_str_of(o->tokens[i]));
    return found;
}

/* ---- A request ------------------------------------------------------------------------------- */

static bool takes_basic(const edo_auth_opts *o) {
    return o->users_n > 0 || o->basic;
}

static bool takes_bearer(const edo_auth_opts *o) {
    return o->tokens_n > 0 || o->bearer;
}

static int check_basic(const edo_auth_opts *o, edo_web *w, const edo_auth *auth) {
    edo_buf memory = { 0 };
    edo_basic given;
    int err = edo_basic_parse(&given, auth, &memory);
    if (err == -EINVAL) err = -EACCES;
    if (err == 0 && !is_user(o, &given))
        err = o->basic ? o->basic(o->arg, w, given.user, given.password) : -EACCES;
    edo_request *req = edo_web_request(w);
    if (err == 0 && edo_request_user(req).len == 0) err = edo_request_set_user(req, given.user);
    edo_buf_deinit(&memory);
    return err;
}

static int check_bearer(const edo_auth_opts *o, edo_web *w, edo_str token) {
    if (!token.ptr) return -EACCES;
    if (is_token(o, token)) return 0;
    return o->bearer ? o->bearer(o->arg, w, token) : -EACCES;
}

/* Checks the credentials. Returns 0, -EACCES, or a failure. */
static int auth_check(const edo_auth_opts *o, edo_web *w) {
    edo_headers *h = &edo_web_request(w)->headers;
    edo_auth auth;
    (void)edo_headers_set_sensitive(h, EDO_STR("authorization"));
    const edo_header *field = edo_headers_next(h, NULL, EDO_HEADER_AUTHORIZATION);
    if (!field || edo_headers_next(h, field, EDO_HEADER_AUTHORIZATION)) return -EACCES;
    if (edo_auth_parse(&auth, field->value) < 0) return -EACCES;
    if (takes_basic(o) && edoi_equal_nocase(auth.scheme, EDO_STR("basic")))
        return check_basic(o, w, &auth);
    if (takes_bearer(o) && edoi_equal_nocase(auth.scheme, EDO_STR("bearer")))
        return check_bearer(o, w, auth.token);
    return -EACCES;
}

static int challenge(edo_headers *h, const char *text) {
    return *text ? edo_headers_append(h, EDO_HEADER_WWW_AUTHENTICATE, edo_str_of(text)) : 0;
}

static int auth_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const auth_service *self = (const auth_service *)(const void *)base;
    int err = auth_check(&self->opts, request);
    if (err == 0) return edo_service_call(base->inner, permit, request, response);
    if (err != -EACCES) return err;
    edo_headers *h = &edo_web_response(request)->headers;
    err = challenge(h, self->basic);
    if (err == 0) err = challenge(h, self->bearer);
    return err < 0 ? err : edoi_web_turn_away(request, -EACCES, EDO_STATUS_UNAUTHORIZED, NULL);
}

static const edo_service_ops auth_ops = { .name = "edo_auth", .call = auth_call };

uint32_t edoi_auth_kinds(const edo_service *service) {
    if (service->ops != &auth_ops) return 0;
    const edo_auth_opts *o = &((const auth_service *)(const void *)service)->opts;
    return (takes_basic(o) ? EDOI_AUTH_BASIC : 0u) | (takes_bearer(o) ? EDOI_AUTH_BEARER : 0u);
}

/* ---- Options --------------------------------------------------------------------------------- */

static bool is_realm(const char *realm) {
    return strlen(realm) <= REALM_MAX && !strpbrk(realm, "\"\\") && edoi_is_value(realm);
}

static int auth_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_auth_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!o.realm) o.realm = "restricted";
    if (!takes_basic(&o) && !takes_bearer(&o))
        return edo_fail(-EINVAL, "edo_auth_layer(): no `users`, `basic`, `tokens` nor `bearer`");
    if (!is_realm(o.realm) || !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_auth_layer(): a bad `realm` or `reserved`");
    int err = edo_service_new(out, sizeof(auth_service), &auth_ops, inner);
    if (err < 0) return err;
    auth_service *self = (void *)*out;
    self->opts = o;
    if (takes_basic(&o))
        (void)snprintf(self->basic, sizeof self->basic, "Basic realm=\"%s\", charset=\"UTF-8\"",
                       o.realm);
    if (takes_bearer(&o))
        (void)snprintf(self->bearer, sizeof self->bearer, "Bearer realm=\"%s\"", o.realm);
    return 0;
}

edo_layer edo_auth_layer(const edo_auth_opts *opts) {
    return edoi_web_layer(auth_wrap, opts, opts ? sizeof *opts : 0);
}
