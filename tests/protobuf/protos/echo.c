/* SPDX-License-Identifier: MIT */
/* protos/echo.c: for python_test.py: what the descriptions of descs.h make of messages and JSON;
 * the program fails if those that a schema makes of the descriptors, at argv[1], make anything
 * else.
 *
 * A question is the index of a description, a byte ('m': a message, 'j': JSON), a length and as
 * many bytes. The reply is the length of a message, it, that of JSON, and it; or -1. */
#include <edo/protobuf_schema.h>

#include "descs.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct __attribute__((packed)) question {
    uint8_t index;
    char what;
    uint32_t bytes;
} question;

static int reply(int err, const edo_buf *message, const edo_buf *json) {
    const edo_buf *const parts[] = { message, json };
    for (size_t i = 0; i < 2; i++) {
        const int32_t n = err < 0 ? -1 : (int32_t)parts[i]->len;
        if (fwrite(&n, sizeof n, 1, stdout) != 1) return -EIO;
        if (n < 0) break;
        if (n > 0 && fwrite(parts[i]->ptr, (size_t)n, 1, stdout) != 1) return -EIO;
    }
    return fflush(stdout) == 0 ? 0 : -EIO;
}

/* What a description makes of a message or of JSON. */
static int answer_by(const edo_desc *desc, char what, edo_str payload, edo_buf *message,
                     edo_buf *json) {
    edo_arena arena = { 0 };
    const edo_protobuf_opts many = { .times_max = 100000 };
    void *value = edo_arena_alloc(&arena, desc->size);
    int err = what == 'm' ? edo_protobuf_decode_with(value, desc, payload, &arena, &many)
                          : edo_protobuf_json_decode(value, desc, payload, &arena, NULL);
    if (err == 0) err = edo_protobuf_encode(message, value, desc);
    if (err == 0) err = edo_protobuf_json_encode(json, value, desc, NULL);
    if (err < 0 && what == 'j') edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    edo_arena_deinit(&arena);
    return err;
}

static bool is_same(const edo_buf *a, const edo_buf *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static int answer(const edo_protobuf_type *d, char what, edo_str payload,
                  const edo_protobuf_schema *schema) {
    edo_buf message = { 0 }, json = { 0 }, message2 = { 0 }, json2 = { 0 };
    const edo_desc *twin = edo_protobuf_schema_find(schema, edo_str_of(d->name));
    if (!twin) return -ENOENT;
    int err = answer_by(d->desc, what, payload, &message, &json);
    bool same = answer_by(twin, what, payload, &message2, &json2) == err &&
                is_same(&message, &message2) && is_same(&json, &json2);
    if (!same) (void)fprintf(stderr, "%s: a schema makes another description\n", d->name);
    err = same ? reply(err, &message, &json) : -EPROTO;
    edo_buf_deinit(&message);
    edo_buf_deinit(&json);
    edo_buf_deinit(&message2);
    edo_buf_deinit(&json2);
    return err;
}

static int read_schema(const edo_protobuf_schema **out, const char *path, edo_arena *arena) {
    static char set[1 << 20];
    FILE *f = fopen(path, "rb");
    if (!f) return -errno;
    const size_t n = fread(set, 1, sizeof set, f);
    (void)fclose(f);
    return edo_protobuf_schema_decode(out, (edo_str){ set, n }, arena);
}

int main(int argc, char **argv) {
    question q;
    edo_arena arena = { 0 };
    const edo_protobuf_schema *schema = NULL;
    int err = argc == 2 ? read_schema(&schema, argv[1], &arena) : -EINVAL;
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    while (err == 0 && fread(&q, sizeof q, 1, stdin) == 1) {
        char *payload = malloc(q.bytes + 1);
        if (!payload || (q.bytes > 0 && fread(payload, q.bytes, 1, stdin) != 1)) return 1;
        err = answer(&descs[q.index], q.what, (edo_str){ payload, q.bytes }, schema);
        free(payload);
    }
    edo_arena_deinit(&arena);
    return err < 0;
}
