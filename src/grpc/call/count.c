/* SPDX-License-Identifier: MIT */
/* grpc/call/count.c: see count.h. */
#include "grpc/call/count.h"

int edoi_grpc_counts_init(edoi_grpc_counts *self, edo_metrics *m, bool is_server) {
    *self = (edoi_grpc_counts){ .registry = m, .is_server = is_server };
    if (!m) return 0;
    edoi_metrics_ref(m);
    return edo_metrics_hist(
        &self->duration, m, is_server ? "rpc.server.call.duration" : "rpc.client.call.duration",
        NULL,
        &(edo_metric_opts){ .help = is_server ? "Duration of calls that were served."
                                              : "Duration of calls that were made.",
                            .unit = "s",
                            .labels = "rpc_system_name rpc_method rpc_status_code error_type" });
}

void edoi_grpc_counts_deinit(edoi_grpc_counts *self) {
    edoi_metrics_unref(self->registry);
}

bool edoi_grpc_count_is_error(bool is_server, edo_grpc_status status) {
    static const uint32_t faults = 1u << EDO_GRPC_UNKNOWN | 1u << EDO_GRPC_DEADLINE_EXCEEDED |
                                   1u << EDO_GRPC_UNIMPLEMENTED | 1u << EDO_GRPC_INTERNAL |
                                   1u << EDO_GRPC_UNAVAILABLE | 1u << EDO_GRPC_DATA_LOSS;
    return is_server ? faults >> status & 1u : status != EDO_GRPC_OK;
}

/* Returns the series, or NULL if there is no memory for it: it is not counted then. */
static edo_hist *count_look_up(const edoi_grpc_counts *self, edo_str path, edo_grpc_status status) {
    edo_hist *h = NULL;
    const edo_str name = edo_str_of(edo_grpc_status_name(status));
    const bool is_error = edoi_grpc_count_is_error(self->is_server, status);
    const edo_str method =
        path.len > 0 && path.ptr[0] == '/' ? (edo_str){ path.ptr + 1, path.len - 1 } : path;
    const edo_str values[] = { EDO_STR("grpc"), method, name, is_error ? name : EDO_STR("") };
    (void)edo_hist_series(&h, self->duration, values);
    return h;
}

void edoi_grpc_count(const edoi_grpc_counts *self, edoi_grpc_series *known, edo_str path,
                     edo_grpc_status status, edo_duration took) {
    edo_atomic_ptr *place = known ? &known->of[status] : NULL;
    edo_hist *h = place ? edoi_load_acq_ptr(place) : NULL; // GM2: pairs with GM1
    if (!h) h = count_look_up(self, path, status);
    // GM1: pairs with GM2: the series is whole when it is found
    if (place) edoi_store_rel_ptr(place, h);
    edo_hist_record_time(h, took);
}
