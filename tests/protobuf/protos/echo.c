/* SPDX-License-Identifier: MIT */
/* protos/echo.c: for python_test.py: what the descriptions of descs.h make of messages and JSON.
 *
 * A question is the index of a description, a byte ('m': a message, 'j': JSON), a length and as
 * many bytes. The reply is the length of a message, it, that of JSON, and it; or -1. */
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

static int answer(const edo_desc *desc, char what, edo_str payload) {
    edo_arena arena = { 0 };
    edo_buf message = { 0 }, json = { 0 };
    const edo_protobuf_opts many = { .times_max = 100000 };
    void *value = edo_arena_alloc(&arena, desc->size);
    int err = what == 'm' ? edo_protobuf_decode_with(value, desc, payload, &arena, &many)
                          : edo_protobuf_json_decode(value, desc, payload, &arena, NULL);
    if (err == 0) err = edo_protobuf_encode(&message, value, desc);
    if (err == 0) err = edo_protobuf_json_encode(&json, value, desc, NULL);
    if (err < 0 && what == 'j') edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    err = reply(err, &message, &json);
    edo_buf_deinit(&message);
    edo_buf_deinit(&json);
    edo_arena_deinit(&arena);
    return err;
}

int main(void) {
    question q;
    while (fread(&q, sizeof q, 1, stdin) == 1) {
        char *payload = malloc(q.bytes + 1);
        if (!payload || (q.bytes > 0 && fread(payload, q.bytes, 1, stdin) != 1)) return 1;
        if (answer(descs[q.index], q.what, (edo_str){ payload, q.bytes }) < 0) return 1;
        free(payload);
    }
    return 0;
}
