/* SPDX-License-Identifier: MIT */
/* console/page/who.c: see who.h. */
#include "console/page/who.h"

#include "base/opts.h"
#include "console/settings/access.h"
#include "console/settings/local.h"
#include "console/settings/settings.h"

#include <edo/error.h>
#include <edo/grpc.h>
#include <edo/http_fields.h>
#include <edo/random.h>
#include <edo/str.h>
#include <edo/web_guard.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The token ------------------------------------------------------------------------------- */

#define SECRET_BYTES 16

static pthread_once_t choose_once = PTHREAD_ONCE_INIT;
static int chosen_err; /* const after `choose_once`, as the next one */
static char chosen[2 * SECRET_BYTES + 1];

static void choose(void) {
    unsigned char secret[SECRET_BYTES];
    chosen_err = edo_random(secret, sizeof secret);
    if (chosen_err == 0)
        (void)edo_hex_encode(chosen, (edo_str){ (const char *)secret, sizeof secret });
}

/* The token that is given, or one of edo's own; NULL: there can be none, for `chosen_err`. */
static const char *who_token(const char *token) {
    if (token) return token;
    (void)pthread_once(&choose_once, choose);
    return chosen_err < 0 ? NULL : chosen;
}

int edoi_page_who_read(edoi_page_who *out, const edo_console_page_opts *opts) {
    static const edo_console_page_opts defaults;
    const char *on = secure_getenv("EDO_CONSOLE"), *token = secure_getenv("EDO_CONSOLE_TOKEN");
    if (!opts) opts = &defaults;
    if (opts->ignore_env) on = token = NULL;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (!edoi_console_is_on(on, opts->always)) return -ENOENT;
    token = edoi_console_given(token, opts->token);
    out->is_given = token != NULL;
    token = who_token(token);
    if (!token) return chosen_err;
    if (!edoi_is_token(token))
        return edo_fail(-EINVAL,
                        "the console's token is empty, has more than %u bytes, or others than "
                        "letters, digits and -._~+/=",
                        EDO_CONSOLE_TOKEN_MAX);
    (void)snprintf(out->token, sizeof out->token, "%s", token);
    return 0;
}

/* ---- A request ------------------------------------------------------------------------------- */

static bool has_token(edo_web *w, const char *token) {
    edo_headers *h = &edo_web_request(w)->headers;
    const edo_header *field = edo_headers_next(h, NULL, EDO_HEADER_AUTHORIZATION);
    edo_auth auth;
    (void)edo_headers_set_sensitive(h, EDO_STR("authorization"));
    if (!field || edo_headers_next(h, field, EDO_HEADER_AUTHORIZATION)) return false;
    if (edo_auth_parse(&auth, field->value) < 0 || !auth.token.ptr) return false;
    return edo_str_equal_nocase(auth.scheme, EDO_STR("bearer")) &&
           edo_str_equal_secret(auth.token, edo_str_of(token));
}

/* ---- The layer ------------------------------------------------------------------------------- */

typedef struct who_service {
    edo_service base; /* first */
    edoi_page_who who;
} who_service;

static int who_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const edoi_page_who *who = &((const who_service *)(const void *)base)->who;
    if (has_token(request, who->token) || (!who->is_given && edoi_is_local(request)))
        return edo_service_call(base->inner, permit, request, response);
    return edo_grpc_reject(request, EDO_GRPC_UNAUTHENTICATED, "the console needs its token");
}

static int who_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_console_page", .call = who_call };
    int err = edo_service_new(out, sizeof(who_service), &ops, inner);
    if (err == 0) memcpy(&((who_service *)(void *)*out)->who, &layer->opts, sizeof(edoi_page_who));
    return err;
}

_Static_assert(sizeof(edoi_page_who) <= EDO_LAYER_BYTES, "a layer has a copy");

edo_layer edoi_page_who_layer(const edoi_page_who *who) {
    edo_layer layer = edo_layer_make(who_wrap, who, sizeof *who);
    layer.kind = "edo_web";
    return layer;
}
