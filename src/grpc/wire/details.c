/* SPDX-License-Identifier: MIT */
/* grpc/wire/details.c: see details.h. */
#include "grpc/wire/details.h"

#include <edo/error.h>

#include <string.h>

#define ROOM_FIRST 4u

static size_t details_bytes(const edo_grpc_failure *d) {
    size_t bytes = 0;
    for (size_t i = 0; i < d->details_n; i++)
        bytes += d->details[i].type_url.len + d->details[i].value.str.len;
    return bytes;
}

/* Returns a place behind the last detail; NULL without memory. */
static google_protobuf_any *details_place(edo_grpc_failure *d, edo_arena *arena) {
    size_t n = d->details_n;
    bool is_full = n == 0 || (n >= ROOM_FIRST && (n & (n - 1)) == 0); // the room is a power of two
    if (!is_full) return &d->details[n];
    google_protobuf_any *more =
        edo_arena_alloc(arena, (n == 0 ? ROOM_FIRST : 2 * n) * sizeof *more);
    if (!more) return NULL;
    if (n > 0) memcpy(more, d->details, n * sizeof *more);
    d->details = more;
    return &more[n];
}

static int details_put(edo_grpc_failure *d, edo_arena *arena, const google_protobuf_any *any) {
    if (details_bytes(d) + any->type_url.len + any->value.str.len > EDOI_GRPC_DETAILS_MAX)
        return -EMSGSIZE;
    google_protobuf_any *place = details_place(d, arena);
    if (!place) return -ENOMEM;
    *place = *any;
    d->details_n++;
    return 0;
}

int edoi_grpc_details_copy(edo_grpc_failure *d, edo_arena *arena, const google_protobuf_any *any) {
    const edo_str url = any->type_url, value = any->value.str;
    const google_protobuf_any copy = {
        .type_url = { edo_arena_copy(arena, url.len > 0 ? url.ptr : "", url.len), url.len },
        .value.str = { edo_arena_copy(arena, value.len > 0 ? value.ptr : "", value.len), value.len }
    };
    if (!copy.type_url.ptr || !copy.value.str.ptr) return -ENOMEM;
    return details_put(d, arena, &copy);
}

int edoi_grpc_details_add(edo_grpc_failure *d, edo_arena *arena, const char *type,
                          const void *detail, const edo_desc *desc) {
    google_protobuf_any any;
    int err = edo_protobuf_any_pack(&any, type, detail, desc, arena);
    return err < 0 ? err : details_put(d, arena, &any);
}

int edoi_grpc_details_find(edo_str bytes, const char *type, void *out, const edo_desc *desc,
                           edo_arena *arena) {
    edo_grpc_failure d;
    int err = edo_protobuf_decode(&d, &edo_grpc_failure_desc, bytes, arena);
    for (size_t i = 0; err == 0 && i < d.details_n; i++)
        if (edo_protobuf_any_is(&d.details[i], type))
            return edo_protobuf_any_unpack(out, desc, &d.details[i], type, arena);
    return err < 0 ? err : -ENOENT;
}
