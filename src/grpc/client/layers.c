/* SPDX-License-Identifier: MIT */
/* grpc/client/layers.c: calls of a channel that has layers, or hedges some: each attempt that they
 * make is a call of its own, inside of them.
 *
 *     layers_run       the time of the call, around all
 *     the layers
 *     channel_call     one attempt; that of a unary call up to its status. It may be hedged
 *     edo_grpc_unary   decodes the reply (call.c)
 *
 * Two attempts may be under way at once. Those that fail are freed, but for the last one, which
 * the program may want to look at. */
#include <edo/grpc_layers.h>

#include "grpc/call/span.h"
#include "grpc/client/client.h"
#include "grpc/client/layers.h"
#include "service/kind.h"

#include <edo/error.h>
#include <edo/layers.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

#define KIND "edo_grpc_client_request"

/* An attempt ends by its own time, not by that around all, of which layers would see nothing but
 * -ECANCELED. */
#define SLACK_NS INT64_C(10000000)

/* A call on its way through the layers. */
typedef struct layers_asked {
    edo_grpc_client_request req; /* const */
    edo_buf key;                 /* the bytes of `path`, a NUL, and `message` */
    pthread_mutex_t lock;        /* a leaf */
    edo_grpc_call *failed;       /* lock; owned; the attempt that has failed last */
} layers_asked;

/* ---- An attempt ------------------------------------------------------------------------------ */

static void asked_keep_failed(layers_asked *a, edo_grpc_call *call) {
    (void)pthread_mutex_lock(&a->lock);
    edo_grpc_call *former = a->failed;
    a->failed = call;
    (void)pthread_mutex_unlock(&a->lock);
    edo_grpc_call_free(former);
}

/* Options of one attempt: as those of the request, but for the time. */
static edo_grpc_call_opts attempt_opts(const edo_grpc_client_request *req) {
    edo_grpc_call_opts o = *req->opts;
    const edo_duration left = edo_instant_since(req->deadline, edo_now());
    o.kept = NULL;
    o.timeout = left.ns > 0 ? left : edo_ns(1);
    if (req->deadline.ns == EDO_FOREVER_NS) o.timeout = edo_ns(-1);
    return o;
}

static int layers_begin(edoi_grpc_client_call **out, const edo_grpc_client_request *req,
                        const edo_grpc_call_opts *opts) {
    const edoi_grpc_side *side =
        req->message.ptr ? &edoi_grpc_server_stream_side : &edoi_grpc_stream_side;
    int err = edoi_grpc_client_new(out, side, req->channel, req->path, opts);
    if (err < 0) return err;
    if (!req->message.ptr) return edoi_grpc_client_start(*out, EDO_STR(""), true);
    return edo_grpc_send_bytes(&(*out)->call, req->message);
}

static int layers_attempt(edoi_grpc_client_call **out, const edo_grpc_client_request *req) {
    const edo_grpc_call_opts opts = attempt_opts(req);
    const bool is_unary = req->message.ptr && !req->streams_out;
    const bool is_hedged =
        is_unary && edoi_grpc_client_is_hedged(req->channel, req->path, req->message);
    int err = is_hedged ? edoi_grpc_client_hedge(out, req->channel, req->path, req->message, &opts)
                        : layers_begin(out, req, &opts);
    return err < 0 || !is_unary ? err : edoi_grpc_client_await_only(*out);
}

static int channel_call(void *arg, void *request, void *response) {
    const edo_grpc_client_request *req = request;
    edoi_grpc_client_call *c = NULL;
    (void)arg;
    int err = layers_attempt(&c, req);
    if (err == 0)
        *(edo_grpc_client_response *)response =
            (edo_grpc_client_response){ .call = &c->call, .message = c->only };
    else if (c)
        asked_keep_failed(req->edoi_asked, &c->call);
    return err;
}

int edoi_grpc_layers_build(edo_service **out, const edo_stack *layers) {
    edo_service *svc;
    int err = edo_service_from_fn(&svc, channel_call, NULL, NULL);
    if (err < 0) return err;
    svc->kind = KIND;
    if (layers) err = edo_stack_build(&svc, layers, svc); // takes it, also on failure
    if (err < 0) return err;
    *out = svc;
    return edoi_kind_check("a channel", KIND, svc);
}

/* ---- A call ---------------------------------------------------------------------------------- */

/* Encodes the message behind the path, so that both are the key. */
static int asked_encode(layers_asked *a, const void *in, const edo_desc *desc) {
    edo_grpc_client_request *req = &a->req;
    const char *codec = req->opts->codec;
    int err = edo_buf_append(&a->key, req->path.ptr, req->path.len);
    if (err == 0) err = edo_buf_append(&a->key, "", 1);
    const size_t head = a->key.len;
    if (err == 0)
        err = codec && strcmp(codec, "json") == 0
                  ? edo_protobuf_json_encode(&a->key, in, desc, NULL)
                  : edo_protobuf_encode(&a->key, in, desc);
    if (err < 0) return err;
    req->message = (edo_str){ a->key.ptr + head, a->key.len - head };
    bool is_own = req->streams_out || req->opts->metadata_n > 0 || codec;
    if (!is_own) req->key = (edo_str){ a->key.ptr, a->key.len };
    return 0;
}

static void asked_begin(layers_asked *a, const edoi_grpc_ask *ask) {
    static const edo_grpc_call_opts none = { .wait_for_ready = false };
    *a = (layers_asked){ .req = { .channel = ask->channel,
                                  .path = edo_str_of(ask->path),
                                  .opts = ask->opts ? ask->opts : &none,
                                  .streams_out = ask->streams_out } };
    (void)pthread_mutex_init(&a->lock, NULL); // this never fails without attributes
    a->req.edoi_asked = a;
}

static void asked_end(layers_asked *a) {
    edo_grpc_call_free(a->failed);
    edo_buf_deinit(&a->key);
    (void)pthread_mutex_destroy(&a->lock);
}

/* Is the attempt that failed last what `err` is of, and not a layer? */
static bool asked_has_failed_so(const layers_asked *a, int err) {
    const edoi_grpc_client_call *c = a->failed ? edoi_grpc_client_of(a->failed) : NULL;
    return c && (c->is_over ? c->code == err : err == -ECANCELED);
}

static int layers_call(layers_asked *a, edo_grpc_client_response *out) {
    edo_grpc_client_request *req = &a->req;
    const edo_duration left = edoi_grpc_client_time(req->channel, req->path, req->opts);
    bool has_end = left.ns >= 0 && left.ns < EDO_FOREVER_NS - SLACK_NS;
    req->deadline = (edo_instant){ EDO_FOREVER_NS };
    if (has_end) req->deadline = edo_instant_add(edo_now(), left);
    EDO_DEADLINE(limit, edo_ns(has_end ? left.ns + SLACK_NS : EDO_FOREVER_NS));
    int err = edo_service_oneshot(req->channel->layers, req, out);
    return edo_deadline_end(&limit, err < 0 ? err : 0);
}

int edoi_grpc_layers_run(edo_grpc_client_response *out, const edoi_grpc_ask *ask,
                         edo_grpc_call **kept) {
    layers_asked a;
    *out = (edo_grpc_client_response){ .call = NULL };
    asked_begin(&a, ask);
    int err = ask->in ? asked_encode(&a, ask->in, ask->in_desc) : 0;
    if (err == 0) err = layers_call(&a, out);
    // nobody else is there any more
    if (kept && err < 0 && asked_has_failed_so(&a, err)) {
        *kept = a.failed;
        a.failed = NULL;
    }
    asked_end(&a);
    return err;
}

/* ---- For layers ------------------------------------------------------------------------------ */

edo_call_outcome edo_grpc_outcome(void *arg, const void *request, const void *response,
                                  int result) {
    (void)arg, (void)request, (void)response;
    if (result >= 0) return EDO_CALL_SUCCEEDED;
    if (edo_outcome_of(result) == EDO_CALL_IGNORED) return EDO_CALL_IGNORED;
    switch (edo_grpc_status_of(result)) {
    case EDO_GRPC_UNKNOWN:
    case EDO_GRPC_DEADLINE_EXCEEDED:
    case EDO_GRPC_RESOURCE_EXHAUSTED:
    case EDO_GRPC_INTERNAL:
    case EDO_GRPC_UNAVAILABLE:
    case EDO_GRPC_DATA_LOSS: return EDO_CALL_FAILED;
    case EDO_GRPC_OK:
    case EDO_GRPC_CANCELLED:
    case EDO_GRPC_INVALID_ARGUMENT:
    case EDO_GRPC_NOT_FOUND:
    case EDO_GRPC_ALREADY_EXISTS:
    case EDO_GRPC_PERMISSION_DENIED:
    case EDO_GRPC_FAILED_PRECONDITION:
    case EDO_GRPC_ABORTED:
    case EDO_GRPC_OUT_OF_RANGE:
    case EDO_GRPC_UNIMPLEMENTED:
    case EDO_GRPC_UNAUTHENTICATED: break;
    }
    return EDO_CALL_SUCCEEDED;
}

EDOI_KIND_OF(edo_grpc_outcome, KIND);

size_t edo_grpc_call_fields(void *arg, const void *request, const void *response, int result,
                            edo_kv *to, size_t most) {
    const edo_grpc_client_request *req = request;
    const char *status = edo_grpc_status_name(edo_grpc_status_of(result));
    const edo_kv all[] = { edoi_grpc_kv_service(req->path), edoi_grpc_kv_method(req->path),
                           EDO_KV("status", status) };
    size_t n = 0;
    (void)arg, (void)response;
    for (size_t i = 0; i < EDO_COUNT(all) && n < most; i++)
        if (all[i].key) to[n++] = all[i];
    return n;
}

EDOI_KIND_OF(edo_grpc_call_fields, KIND);

void edo_grpc_discard(void *ctx, void *response) {
    edo_grpc_client_response *res = response;
    (void)ctx;
    edo_grpc_call_free(res->call);
    edo_rc_unref(res->held);
    *res = (edo_grpc_client_response){ .call = NULL };
}

EDOI_KIND_OF(edo_grpc_discard, KIND);

/* A reply that is shared; counted memory, with the bytes behind it. */
typedef struct layers_shared {
    size_t n;
    char bytes[];
} layers_shared;

int edo_grpc_coalesce_share(void *arg, void **shared, const void *request, void *response) {
    const edo_str message = ((const edo_grpc_client_response *)response)->message;
    (void)arg, (void)request;
    layers_shared *s = edo_rc_new(sizeof *s + message.len, NULL);
    if (!s) {
        edo_grpc_discard(NULL, response);
        return -ENOMEM;
    }
    s->n = message.len;
    if (message.len > 0) memcpy(s->bytes, message.ptr, message.len);
    *shared = s;
    return 0;
}

EDOI_KIND_OF(edo_grpc_coalesce_share, KIND);

int edo_grpc_coalesce_fill(void *arg, void *response, const void *shared) {
    const layers_shared *s = shared;
    (void)arg;
    *(edo_grpc_client_response *)response =
        (edo_grpc_client_response){ .message = { s->bytes, s->n },
                                    .held = edo_rc_ref((void *)(uintptr_t)shared) };
    return 0;
}

EDOI_KIND_OF(edo_grpc_coalesce_fill, KIND);

size_t edo_grpc_coalesce_bytes(const void *value) {
    const layers_shared *s = value;
    return sizeof *s + s->n;
}
