/* SPDX-License-Identifier: MIT */
/* service/call_log.c: a line of the log for each call. */
#define EDO_TARGET "call"
#include <edo/layers.h>
#include <edo/task.h>

#include "base/opts.h"
#include "service/kind.h"
#include "service/outcome.h"
#include "service/wrap.h"

#include <string.h>

#define FIELDS_MAX 12u /* of the program's function */

typedef struct call_log {
    edo_service base;
    edo_call_log_opts opts;
} call_log;

/* How a call has ended. */
typedef struct call_end {
    const void *request, *response;
    int result;
    edo_call_outcome outcome;
    edo_duration took;
} call_end;

static void call_log_write(edo_callsite *site, const edo_call_log_opts *o, const call_end *end) {
    edo_kv kv[FIELDS_MAX + 3];
    size_t n = 0;
    const uint32_t who = edoi_log_wants(site);
    if (who == 0) return;
    if (o->name) kv[n++] = EDO_KV("service", o->name);
    if (o->fields)
        n += o->fields(o->arg, end->request, end->response, end->result, kv + n, FIELDS_MAX);
    if (end->result < 0) kv[n++] = EDO_KV("error", edo_error_name(end->result));
    kv[n++] = EDO_KV("took_ms", (double)end->took.ns / 1e6);
    edoi_log_write(site, who, kv, n, "%s", site->level == EDO_LEVEL_WARN ? "call failed" : "call");
}

static void call_log_tell(const edo_call_log_opts *o, const call_end *end) {
    static edo_callsite failed = { EDO_TARGET,     __FILE__, __func__, __LINE__,
                                   EDO_LEVEL_WARN, { 0 },    NULL };
    static edo_callsite ended = { EDO_TARGET,      __FILE__, __func__, __LINE__,
                                  EDO_LEVEL_DEBUG, { 0 },    NULL };
    if (o->on_end)
        o->on_end(o->arg, end->request, end->response, end->result, end->outcome, end->took);
    else if (end->outcome == EDO_CALL_FAILED && EDOI_LOG_LEVEL_ON(EDO_LEVEL_WARN))
        call_log_write(&failed, o, end);
    else if (end->outcome != EDO_CALL_FAILED && EDOI_LOG_LEVEL_ON(EDO_LEVEL_DEBUG))
        call_log_write(&ended, o, end);
}

static int call_log_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const edo_call_log_opts *o = &((const call_log *)(const void *)base)->opts;
    const edo_instant began = edo_now();
    int result = edo_service_call(base->inner, permit, request, response);
    call_end end = { .request = request, .response = response, .result = result };
    end.took = edo_instant_since(edo_now(), began);
    end.outcome = edoi_outcome_by(o->outcome, o->arg, request, response, result);
    edo_no_await_begin();
    call_log_tell(o, &end);
    edo_no_await_end();
    return result;
}

static int call_log_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_call_log_layer", .call = call_log_call };
    edo_call_log_opts opts;
    memcpy(&opts, &layer->opts, sizeof opts);
    if (!edoi_all_zero(opts.reserved, EDO_COUNT(opts.reserved)))
        return edo_fail(-EINVAL, "edo_call_log_layer(): `reserved` must be 0");
    edo_service *base;
    int err = edo_service_new(&base, sizeof(call_log), &ops, inner);
    if (err < 0) return err;
    ((call_log *)(void *)base)->opts = opts;
    err = edoi_kind_by(base, (edoi_any_fn *)opts.outcome);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.fields);
    return edoi_wrap_end(out, base, err);
}

edo_layer edo_call_log_layer(const edo_call_log_opts *opts) {
    return edo_layer_make(call_log_wrap, opts, opts ? sizeof *opts : 0);
}
