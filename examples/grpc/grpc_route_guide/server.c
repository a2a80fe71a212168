/* SPDX-License-Identifier: MIT */
/* server.c: the service, a handler for each method. */
#include "guide.h"
#include "notes.h"

#include <edo/web.h>

/* What the handlers share. */
typedef struct guide {
    const map *map;
    notes notes;
} guide;

static int get_feature(edo_grpc_call *call, routeguide_feature *out, const routeguide_point *in) {
    const guide *g = edo_grpc_arg(call);
    const routeguide_feature *f = map_at(g->map, in);
    routeguide_point *here = edo_arena_alloc(edo_grpc_arena(call), sizeof *here);
    if (!here) return -ENOMEM;
    *here = *in;
    *out = (routeguide_feature){ .name = f ? f->name : EDO_STR(""), .location = here };
    return 0;
}

static int list_features(edo_grpc_call *call, const routeguide_rectangle *in) {
    const guide *g = edo_grpc_arg(call);
    int err = 0;
    for (size_t i = 0; i < g->map->all.feature_n && err == 0; i++) {
        const routeguide_feature *f = &g->map->all.feature[i];
        if (f->name.len > 0 && rectangle_has(in, f->location))
            err = routeguide_route_guide_list_features_send(call, f);
    }
    return err;
}

static int record_route(edo_grpc_call *call, routeguide_route_summary *out) {
    const guide *g = edo_grpc_arg(call);
    const edo_instant begun = edo_now();
    routeguide_point point, last = { .latitude = 0 };
    double meters = 0;
    int got;
    while ((got = routeguide_route_guide_record_route_recv(call, &point)) == 1) {
        const routeguide_feature *f = map_at(g->map, &point);
        if (f && f->name.len > 0) out->feature_count++;
        if (out->point_count++ > 0) meters += point_distance(&last, &point);
        last = point;
    }
    out->distance = (int32_t)meters;
    out->elapsed_time = (int32_t)(edo_instant_since(edo_now(), begun).ns / 1000000000);
    return got; // 0: the client has sent all
}

static int route_chat(edo_grpc_call *call) {
    guide *g = edo_grpc_arg(call);
    edo_arena arena = { 0 };
    routeguide_route_note note;
    const routeguide_route_note **before;
    size_t n;
    int err;
    while ((err = routeguide_route_guide_route_chat_recv(call, &note)) == 1) {
        err = notes_add(&g->notes, &note, &arena, &before, &n);
        for (size_t i = 0; i < n && err == 0; i++)
            err = routeguide_route_guide_route_chat_send(call, before[i]);
        edo_arena_reset(&arena);
        if (err < 0) break;
    }
    edo_arena_deinit(&arena);
    return err;
}

int guide_serve(const map *m, const char *address) {
    static const routeguide_route_guide_ops ops = { .get_feature = get_feature,
                                                    .list_features = list_features,
                                                    .record_route = record_route,
                                                    .route_chat = route_chat };
    static guide g;
    edo_router *r = edo_router_new();
    g.map = m;
    routeguide_route_guide_routes(r, &ops, &g, NULL);
    edo_grpc_reflection_routes(r);
    int err = edo_web_serve(r, &(edo_web_opts){ .listen = address, .announce = true });
    edo_arena_deinit(&g.notes.arena);
    return err;
}
