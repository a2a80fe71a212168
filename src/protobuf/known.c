/* SPDX-License-Identifier: MIT */
/* protobuf/known.c: see edo/protobuf_known.h. Ranges are those of any.proto, timestamp.proto and
 * duration.proto. */
#include <edo/protobuf_known.h>

#include <errno.h>

#define NANOS         1000000000
#define FIRST_SECOND  INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND   INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DURATION_MOST INT64_C(315576000000)

/* ---- Any ------------------------------------------------------------------------------------- */

static int any_fill(google_protobuf_any *out, const char *type, const edo_buf *bytes,
                    edo_arena *arena) {
    google_protobuf_any any = { .type_url =
                                    edo_arena_print(arena, "type.googleapis.com/%s", type) };
    any.value.str.ptr = edo_arena_copy(arena, bytes->len > 0 ? bytes->ptr : "", bytes->len);
    any.value.str.len = bytes->len;
    if (!any.type_url.ptr || !any.value.str.ptr) return -ENOMEM;
    *out = any;
    return 0;
}

int edo_protobuf_any_pack(google_protobuf_any *out, const char *type, const void *value,
                          const edo_desc *desc, edo_arena *arena) {
    edo_buf bytes = { 0 };
    int err = edo_protobuf_encode(&bytes, value, desc);
    if (err == 0) err = any_fill(out, type, &bytes, arena);
    edo_buf_deinit(&bytes);
    return err;
}

edo_str edo_protobuf_any_type(const google_protobuf_any *any) {
    const edo_str url = any->type_url;
    for (size_t i = url.len; i > 0; i--)
        if (url.ptr[i - 1] == '/') return (edo_str){ url.ptr + i, url.len - i };
    return url;
}

bool edo_protobuf_any_is(const google_protobuf_any *any, const char *type) {
    return any && edo_str_equal(edo_protobuf_any_type(any), edo_str_of(type));
}

int edo_protobuf_any_unpack(void *out, const edo_desc *desc, const google_protobuf_any *any,
                            const char *type, edo_arena *arena) {
    if (!edo_protobuf_any_is(any, type)) return -ENOENT;
    return edo_protobuf_decode(out, desc, any->value.str, arena);
}

/* ---- Times ----------------------------------------------------------------------------------- */

static bool timestamp_is_good(int64_t seconds, int32_t nanos) {
    return seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos < NANOS;
}

int edo_protobuf_timestamp_set(google_protobuf_timestamp *t, edo_wall time) {
    if (!timestamp_is_good(time.s, time.ns)) return -ERANGE;
    *t = (google_protobuf_timestamp){ .seconds = time.s, .nanos = time.ns };
    return 0;
}

int edo_protobuf_timestamp_get(edo_wall *out, const google_protobuf_timestamp *t) {
    if (!t) return -ENOENT;
    if (!timestamp_is_good(t->seconds, t->nanos)) return -ERANGE;
    *out = (edo_wall){ .s = t->seconds, .ns = t->nanos };
    return 0;
}

void edo_protobuf_duration_set(google_protobuf_duration *t, edo_duration length) {
    *t = (google_protobuf_duration){ .seconds = length.ns / NANOS,
                                     .nanos = (int32_t)(length.ns % NANOS) };
}

static bool duration_is_good(int64_t seconds, int32_t nanos) {
    if (seconds < -DURATION_MOST || seconds > DURATION_MOST) return false;
    if (nanos <= -NANOS || nanos >= NANOS) return false;
    return (seconds >= 0 || nanos <= 0) && (seconds <= 0 || nanos >= 0);
}

/* Both parts have one sign, so what fits has seconds that fit, and the sum does not turn around. */
int edo_protobuf_duration_get(edo_duration *out, const google_protobuf_duration *t) {
    const int64_t most = INT64_MAX / NANOS, rest = INT64_MAX % NANOS;
    if (!t) return -ENOENT;
    if (!duration_is_good(t->seconds, t->nanos)) return -ERANGE;
    if (t->seconds > most || (t->seconds == most && t->nanos > rest)) return -ERANGE;
    // INT64_MIN is a nanosecond beyond -INT64_MAX
    if (t->seconds < -most || (t->seconds == -most && t->nanos < -rest - 1)) return -ERANGE;
    *out = edo_ns(t->seconds * NANOS + t->nanos);
    return 0;
}
