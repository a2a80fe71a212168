/* SPDX-License-Identifier: MIT */
/* web/openapi/call.c: routes from a described struct to another one, and values that requests
 * own. */
#include <edo/web_call.h>

#include "base/assert.h"
#include "http/server/exchange/exchange.h"
#include "web/router/router.h"

#include <errno.h>

#define STATUS_LEAST 200
#define STATUS_MOST  599

typedef int edo_extract_fn(edo_web *w, void *out, const edo_desc *desc);

/* The argument of such a route, in the router's arena. */
typedef struct web_call {
    edo_web_call_fn *fn;
    edo_extract_fn *extract;  /* of `in` */
    const edo_desc *in, *out; /* NULL: none */
    edo_status status;
} web_call;

/* Zeroed, in the arena of the request. */
static int call_alloc(edo_web *w, void **out, const edo_desc *desc) {
    if (!desc) return 0;
    *out = edo_arena_alloc(edo_web_request(w)->arena, desc->size);
    if (!*out) return -ENOMEM;
    memset(*out, 0, desc->size);
    return 0;
}

static int call_serve(edo_web *w) {
    const web_call *c = edo_web_route_arg(w);
    void *in = NULL, *out = NULL;
    int err = call_alloc(w, &in, c->in);
    if (err == 0) err = call_alloc(w, &out, c->out);
    if (err == 0 && in) err = c->extract(w, in, c->in);
    if (err < 0) return err;
    err = c->fn(w, in, out);
    if (err == -EDO_ENOROW && !edo_web_get_rejection(w)) // else the function has said more
        return edo_web_reject(w, err, EDO_STATUS_NOT_FOUND, NULL);
    if (err < 0) return err;
    bool is_count = err > 0 && (err < STATUS_LEAST || err > STATUS_MOST);
    if (EDO_MISUSE(is_count, "a route's function returns neither 0 nor a status")) err = 0;
    edo_status status = err > 0 ? (edo_status)err : c->status;
    return out ? edo_web_reply_json(w, status, out, c->out) : edo_web_reply_status(w, status);
}

/* Chooses what the function takes. Returns how many inputs are described. */
static int call_set_input(web_call *c, const edo_route_doc *doc) {
    const struct {
        const edo_desc *desc;
        edo_extract_fn *extract;
    } inputs[] = {
        { doc->input, edo_web_extract }, { doc->params, edo_web_params },
        { doc->query, edo_web_query },   { doc->body, edo_web_json },
        { doc->form, edo_web_form },
    };
    int n = 0;
    for (size_t i = 0; i < EDO_COUNT(inputs); i++) {
        if (!inputs[i].desc) continue;
        c->in = inputs[i].desc;
        c->extract = inputs[i].extract;
        n++;
    }
    return n;
}

void edo_router_call(edo_router *r, edo_method method, const char *path, edo_web_call_fn *fn,
                     const edo_route_doc *doc) {
    if (!edoi_router_is_open(r) || r->failure < 0) return;
    edo_route_doc own = *doc;
    if (own.status == 0) own.status = doc->reply ? EDO_STATUS_OK : EDO_STATUS_NO_CONTENT;
    web_call *c = edo_arena_alloc(&r->arena, sizeof *c);
    if (!c) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    *c = (web_call){ .fn = fn, .out = doc->reply, .status = own.status };
    if (!fn || call_set_input(c, doc) > 1) {
        edoi_router_fail(r, -EINVAL, "\"%.400s\" has %s", path,
                         fn ? "several inputs: one struct is `input`" : "no function");
        return;
    }
    edo_router_add_with(r, EDO_METHOD_BIT(method), path, call_serve, c, NULL);
    edo_router_doc(r, &own);
}

/* ---- Values of a request --------------------------------------------------------------------- */

typedef struct owned_value {
    struct owned_value *next; /* of the same request */
    void *value;
    const edo_desc *desc;
} owned_value;

/* In the arena of the request. */
typedef struct owned_values {
    owned_value *first;
} owned_values;

static void owned_values_drop(void *self) {
    for (const owned_value *v = ((owned_values *)self)->first; v; v = v->next)
        edo_value_deinit(v->value, v->desc);
}

/* Returns those of the request, made at the first call; NULL without memory. */
static owned_values *owned_values_of(edo_request *req) {
    static const edo_ext_tag tag = { .name = "edo_web_own", .drop = owned_values_drop };
    owned_values *all = edo_ext_get(&req->ext, &tag);
    if (all) return all;
    all = edo_arena_alloc(req->arena, sizeof *all);
    if (!all) return NULL;
    *all = (owned_values){ .first = NULL };
    return edo_ext_set(&req->ext, &tag, all) == 0 ? all : NULL;
}

int edo_web_own(edo_web *w, void *value, const edo_desc *desc) {
    edo_request *req = edo_web_request(w);
    if (EDO_MISUSE(edoi_exchange_has_local(edoi_exchange_of_request(req), value),
                   "a request is to own a local of its handler")) {
        edo_value_deinit(value, desc);
        return -EDO_EMISUSE;
    }
    owned_values *all = owned_values_of(req);
    owned_value *one = all ? edo_arena_alloc(req->arena, sizeof *one) : NULL;
    if (!one) {
        edo_value_deinit(value, desc);
        return -ENOMEM;
    }
    *one = (owned_value){ .next = all->first, .value = value, .desc = desc };
    all->first = one;
    return 0;
}
