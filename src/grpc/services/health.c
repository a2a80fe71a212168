/* SPDX-License-Identifier: MIT */
/* grpc/services/health.c: grpc.health.v1 over edo/health.h: each service is as ready as the
 * program. */
#include "web/health/health.h"
#include "grpc/made/grpc/health/v1/health.edo.h"
#include "grpc/services/catalog.h"

#include <edo/cancel.h>
#include <edo/scope.h>

#define LOOK_AGAIN edo_s(1) /* of a watch, where readiness does not tell of all changes */

typedef grpc_health_v1_health_check_request health_request;
typedef grpc_health_v1_health_check_response health_response;
typedef grpc_health_v1_health_check_response_serving_status health_status;

#define SERVING         GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_SERVING
#define NOT_SERVING     GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_NOT_SERVING
#define SERVICE_UNKNOWN GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_SERVICE_UNKNOWN

/* Does the program end? */
static bool health_ends(edo_grpc_call *call) {
    return edo_cancel_is_set(edo_request_drain(edo_grpc_request(call)));
}

/* The status of all services. Returns 0 or a code. */
static int health_of_all(edo_grpc_call *call, health_status *out) {
    int is_ready = health_ends(call) ? 0 : edoi_health_is_ready(edo_grpc_arg(call));
    *out = is_ready > 0 ? SERVING : NOT_SERVING;
    return is_ready < 0 ? is_ready : 0;
}

/* The status of a service; "" is the program. Returns 0 or a code. */
static int health_of(edo_grpc_call *call, edo_str service, health_status *out) {
    edoi_grpc_catalog catalog;
    edo_arena arena = { 0 };
    int err = service.len > 0 ? edoi_grpc_catalog_list(&catalog, call, &arena) : 0;
    bool is_known = service.len == 0 || (err == 0 && edoi_grpc_catalog_has(&catalog, service));
    edo_arena_deinit(&arena);
    *out = SERVICE_UNKNOWN;
    return err < 0 || !is_known ? err : health_of_all(call, out);
}

static int health_check(edo_grpc_call *call, health_response *out, const health_request *in) {
    int err = health_of(call, in->service, &out->status);
    if (err < 0 || out->status != SERVICE_UNKNOWN) return err;
    return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "there is no such service");
}

static int health_list(edo_grpc_call *call, grpc_health_v1_health_list_response *out,
                       const grpc_health_v1_health_list_request *in) {
    edoi_grpc_catalog catalog;
    health_status status = NOT_SERVING;
    int err = edoi_grpc_catalog_list(&catalog, call, edo_grpc_arena(call));
    (void)in;
    if (err == 0) err = health_of_all(call, &status);
    if (err < 0) return err;
    out->statuses =
        edo_arena_alloc(edo_grpc_arena(call), (catalog.services_n + 1) * sizeof *out->statuses);
    if (!out->statuses) return -ENOMEM;
    out->statuses[out->statuses_n++] =
        (grpc_health_v1_health_list_response_statuses_entry){ .value = { .status = status } };
    for (const edoi_grpc_listed *l = catalog.services; l; l = l->next)
        out->statuses[out->statuses_n++] = (grpc_health_v1_health_list_response_statuses_entry){
            .key = edo_str_of(l->service->name), .value = { .status = status }
        };
    return 0;
}

/* Waits for a change, or until it is time to look again, or the program ends. Returns 0 or a
 * code. */
static int health_wait(edo_grpc_call *call, edo_future *change) {
    const bool is_told = edoi_health_tells_changes(edo_grpc_arg(call));
    edo_cancel_token *drain = edo_request_drain(edo_grpc_request(call));
    EDO_DEADLINE(limit, is_told ? edo_ns(EDO_FOREVER_NS) : LOOK_AGAIN);
    int err = edo_deadline_end(&limit, edo_cancel_run(drain, change));
    if (err == -ETIMEDOUT) return 0;
    return err == -ECANCELED && edo_cancel_is_set(drain) ? 0 : err;
}

/* Looks, and sends the status if it is another one than before. Returns 0, or why the watch
 * ends. */
static int health_look(edo_grpc_call *call, const health_request *in, health_status *before) {
    const bool ends = health_ends(call);
    health_response now = { .status = *before };
    int err = health_of(call, in->service, &now.status);
    if (err == 0 && now.status != *before) err = grpc_health_v1_health_watch_send(call, &now);
    *before = now.status;
    return err == 0 && ends ? edo_grpc_fail(call, EDO_GRPC_UNAVAILABLE, "the server ends") : err;
}

static int health_watch(edo_grpc_call *call, const health_request *in) {
    edo_health *health = edo_grpc_arg(call);
    health_status before = GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_UNKNOWN;
    edo_notify_wait_future change;
    int err;
    do {
        (void)edo_notify_wait_init(&change, &health->changed); // the look may miss a change
        err = health_look(call, in, &before);
        if (err == 0)
            err = health_wait(call, &change.base);
        else
            edo_drop(&change.base);
    } while (err == 0);
    return err;
}

void edo_grpc_health_routes(edo_router *r, edo_health *health) {
    static const grpc_health_v1_health_ops ops = { .check = health_check,
                                                   .list = health_list,
                                                   .watch = health_watch };
    grpc_health_v1_health_routes(r, &ops, health, &(edo_grpc_opts){ .streams_stay = true });
}
