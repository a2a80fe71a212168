/* SPDX-License-Identifier: MIT */
/* web/openapi/security.c: the credentials that routes want. Those of edo_auth_layer() are found
 * among the layers around a route. */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/openapi/openapi.h"
#include "web/router/router.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

static const struct {
    uint32_t kind;
    const char *name; /* of the scheme, in the document and in `Authorization` */
} kinds[] = { { EDOI_AUTH_BASIC, "basic" }, { EDOI_AUTH_BEARER, "bearer" } };

/* ---- Of a route ------------------------------------------------------------------------------ */

/* Returns the kinds of the first layer in one wrap that asks for credentials. */
static uint32_t kinds_in(const edo_service *service) {
    uint32_t found = 0;
    for (; service && found == 0; service = service->inner) found = edoi_auth_kinds(service);
    return found;
}

/* Returns the kinds of a route. The layers around a whole router are among the route's own once
 * that is built. */
static uint32_t kinds_of(const edo_router *r, const edoi_route *route) {
    uint32_t found = 0;
    for (const edoi_route_step *s = route->steps; s && found == 0; s = s->next)
        found = kinds_in(s->service);
    for (const edoi_all *a = r->first_all; a && found == 0; a = a->next)
        found = kinds_in(a->service);
    return found;
}

static bool has_scheme(const edo_openapi_opts *opts, const char *name) {
    for (size_t i = 0; i < opts->schemes_n; i++)
        if (strcmp(opts->schemes[i].name, name) == 0) return true;
    return false;
}

static void openapi_put_name(edoi_openapi *o, const char *name) {
    if (!name) return;
    edoi_openapi_name(o, name);
    edoi_openapi_begin_list(o);
    edoi_openapi_end_list(o);
}

/* Writes one alternative, of which all credentials are wanted. */
static void put_way(edoi_openapi *o, const char *kind, const char *scheme) {
    edoi_openapi_begin(o);
    openapi_put_name(o, kind);
    openapi_put_name(o, scheme);
    edoi_openapi_end(o);
}

void edoi_openapi_security(edoi_openapi *o, const edo_router *r, const edoi_route *route) {
    const char *scheme = route->doc ? route->doc->scheme : NULL;
    uint32_t found = kinds_of(r, route);
    if (found == 0 && !scheme) return;
    if (scheme && !has_scheme(o->opts, scheme) && o->err == 0)
        o->err = edo_fail(-EINVAL, "%.*s: there is no scheme \"%s\"", (int)route->pattern.text.len,
                          route->pattern.text.ptr, scheme);
    o->auth_kinds |= found;
    edoi_openapi_name(o, "security");
    edoi_openapi_begin_list(o);
    for (size_t i = 0; i < EDO_COUNT(kinds); i++)
        if (found & kinds[i].kind) put_way(o, kinds[i].name, scheme);
    if (found == 0) put_way(o, NULL, scheme);
    edoi_openapi_end_list(o);
}

/* ---- Of the document ------------------------------------------------------------------------- */

static bool is_carrier(const char *in) {
    return strcmp(in, "header") == 0 || strcmp(in, "cookie") == 0 || strcmp(in, "query") == 0;
}

/* Is it a name of edo_auth_layer()'s schemes? A document has each name once. */
static bool security_is_taken(const char *name) {
    for (size_t i = 0; i < EDO_COUNT(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0) return true;
    return false;
}

bool edoi_openapi_has_good_schemes(const edo_openapi_opts *opts) {
    for (size_t i = 0; i < opts->schemes_n; i++) {
        const edo_openapi_scheme *s = &opts->schemes[i];
        if (!s->name || !s->in || !s->key || !is_carrier(s->in) || security_is_taken(s->name))
            return false;
        if (!edoi_all_zero(s->reserved, EDO_COUNT(s->reserved))) return false;
    }
    return true;
}

static void put_http(edoi_openapi *o, const char *name) {
    edoi_openapi_name(o, name);
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "type", "http");
    edoi_openapi_put(o, "scheme", name);
    edoi_openapi_end(o);
}

static void put_key(edoi_openapi *o, const edo_openapi_scheme *s) {
    edoi_openapi_name(o, s->name);
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "type", "apiKey");
    edoi_openapi_put(o, "in", s->in);
    edoi_openapi_put(o, "name", s->key);
    edoi_openapi_put(o, "description", s->doc);
    edoi_openapi_end(o);
}

void edoi_openapi_schemes(edoi_openapi *o) {
    if (o->auth_kinds == 0 && o->opts->schemes_n == 0) return;
    edoi_openapi_name(o, "securitySchemes");
    edoi_openapi_begin(o);
    for (size_t i = 0; i < EDO_COUNT(kinds); i++)
        if (o->auth_kinds & kinds[i].kind) put_http(o, kinds[i].name);
    for (size_t i = 0; i < o->opts->schemes_n; i++) put_key(o, &o->opts->schemes[i]);
    edoi_openapi_end(o);
}
