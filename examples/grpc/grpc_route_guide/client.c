/* SPDX-License-Identifier: MIT */
/* client.c: a call of each method. */
#include "guide.h"

#include <stdio.h>

#define E7(degrees) ((int32_t)((degrees)*1e7 + 0.5))

static void print_feature(const routeguide_feature *f) {
    const routeguide_point *p = f->location;
    const edo_str name = f->name.len > 0 ? f->name : EDO_STR("nothing");
    printf("%.*s at %.2f, %.2f\n", (int)name.len, name.ptr, p ? (double)p->latitude / 1e7 : 0,
           p ? (double)p->longitude / 1e7 : 0);
}

/* One message there, one back. */
static int ask_what_stands(edo_grpc_channel *ch, routeguide_point point) {
    edo_arena arena = { 0 };
    routeguide_feature feature;
    int err = routeguide_route_guide_get_feature(ch, &feature, &point, &arena,
                                                 &(edo_grpc_call_opts){ .timeout = edo_s(30) });
    if (err == 0) print_feature(&feature);
    edo_arena_deinit(&arena);
    return err;
}

/* A stream back. */
static int ask_what_is_between(edo_grpc_channel *ch, routeguide_point lo, routeguide_point hi) {
    const routeguide_rectangle between = { .lo = &lo, .hi = &hi };
    edo_grpc_call *call;
    routeguide_feature feature;
    int got = routeguide_route_guide_list_features(ch, &call, &between, NULL);
    if (got < 0) return got;
    while ((got = routeguide_route_guide_list_features_recv(call, &feature)) == 1)
        print_feature(&feature);
    edo_grpc_call_free(call);
    return got;
}

/* A stream there. */
static int walk(edo_grpc_channel *ch) {
    static const routeguide_point way[] = { { .latitude = 479500000, .longitude = 109500000 },
                                            { .latitude = 479550000, .longitude = 109550000 },
                                            { .latitude = 479600000, .longitude = 109600000 } };
    edo_grpc_call *call;
    routeguide_route_summary sum;
    int err = routeguide_route_guide_record_route(ch, &call, NULL);
    if (err < 0) return err;
    for (size_t i = 0; i < EDO_COUNT(way) && err == 0; i++)
        err = routeguide_route_guide_record_route_send(call, &way[i]);
    if (err == 0 || err == -EPIPE) err = routeguide_route_guide_record_route_finish(call, &sum);
    if (err == 0)
        printf("%d points, %d features, %d m\n", (int)sum.point_count, (int)sum.feature_count,
               (int)sum.distance);
    edo_grpc_call_free(call);
    return err;
}

/* A task of its own: notes go out while others come in. */
static int say_notes(void *arg) {
    edo_grpc_call *call = arg;
    static routeguide_point mill = { .latitude = 479500000, .longitude = 109500000 },
                            ferry = { .latitude = 479600000, .longitude = 109600000 };
    const routeguide_route_note all[] = {
        { .location = &mill, .message = EDO_STR("closed on Mondays") },
        { .location = &ferry, .message = EDO_STR("ring the bell") },
        { .location = &mill, .message = EDO_STR("open again") },
        { .location = &mill, .message = EDO_STR("good bread") },
    };
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(all) && err == 0; i++)
        err = routeguide_route_guide_route_chat_client_send(call, &all[i]);
    if (err == 0) err = edo_grpc_close_send(call);
    return err == -EPIPE ? 0 : err; // the call has ended: why is the receiver's to say
}

/* Both. */
static int talk(edo_grpc_channel *ch) {
    edo_grpc_call *call;
    routeguide_route_note note;
    int got = routeguide_route_guide_route_chat(ch, &call, NULL);
    if (got < 0) return got;
    EDO_SCOPE(scope, NULL);
    (void)edo_scope_spawn(&scope, say_notes, call); // a failure is the scope's, too
    while ((got = routeguide_route_guide_route_chat_client_recv(call, &note)) == 1)
        printf("said before: %.*s\n", (int)note.message.len, note.message.ptr);
    got = edo_scope_end(&scope, got);
    edo_grpc_call_free(call);
    return got;
}

int guide_visit(const char *target) {
    const routeguide_point mill = { .latitude = E7(47.95), .longitude = E7(10.95) };
    const routeguide_point meadow = { .latitude = E7(47.90), .longitude = E7(10.90) };
    const routeguide_point far = { .latitude = E7(48.00), .longitude = E7(11.00) };
    edo_grpc_channel *ch;
    int err = edo_grpc_channel_new(&ch, edo_str_of(target), NULL);
    if (err < 0) return edo_fail(err, "%s", target);
    err = ask_what_stands(ch, mill);
    if (err == 0) err = ask_what_stands(ch, meadow);
    if (err == 0) err = ask_what_is_between(ch, meadow, far);
    if (err == 0) err = walk(ch);
    if (err == 0) err = talk(ch);
    edo_grpc_channel_unref(ch);
    return err;
}
