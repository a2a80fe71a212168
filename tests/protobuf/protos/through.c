/* SPDX-License-Identifier: MIT */
/* protos/through.c: for generated_test.sh: messages of generated headers, by standard I/O. */
#include "torture.edo.h"
#include "torture_proto2.edo.h"

#include <stdio.h>
#include <string.h>

static torture_v1_numbers inner = { .one = TORTURE_V1_NUMBERS_ONE_F, .f = { "inner", 5 } };
static int32_t a[] = { -1, INT32_MAX };
static uint64_t b[] = { UINT64_MAX };
static const torture_v1_numbers numbers = { .a = a,
                                            .a_n = 2,
                                            .b = b,
                                            .b_n = 1,
                                            .c = -2,
                                            .one = TORTURE_V1_NUMBERS_ONE_E,
                                            .e = &inner,
                                            .two = TORTURE_V1_NUMBERS_TWO_H,
                                            .last = 536870911 };

static int write_buf(const edo_buf *out) {
    return fwrite(out->ptr, 1, out->len, stdout) == out->len ? 0 : -EIO;
}

static int check_numbers(edo_str in, edo_arena *arena) {
    torture_v1_numbers n;
    int err = edo_protobuf_decode(&n, &torture_v1_numbers_desc, in, arena);
    if (err < 0) return err;
    bool same = n.a_n == 2 && n.a[1] == INT32_MAX && n.b_n == 1 && n.b[0] == UINT64_MAX &&
                n.c == -2 && n.one == TORTURE_V1_NUMBERS_ONE_E && n.e->f.len == 5 && n.h == 0 &&
                n.two == TORTURE_V1_NUMBERS_TWO_H && n.last == 536870911;
    return same ? 0 : -EPROTO;
}

static int check_defaults(edo_buf *out, edo_str in, edo_arena *arena) {
    static const char text[] = "a \"quoted\"\ttext? ?"
                               "?= \\ caf\303\251";
    defaults d;
    int err = edo_protobuf_decode(&d, &defaults_desc, in, arena);
    if (err < 0) return err;
    bool same = d.id == 5 && d.must->time == 3 && d.big == INT64_MIN && d.most == UINT64_MAX &&
                d.f == 1.5e10f && d.yes && d.choice == TRUE_ && !d.has_text &&
                edo_str_equal(d.text, edo_str_of(text)) && d.raw.str.len == 4 &&
                memcmp(d.raw.str.ptr, "\0\377\"x", 4) == 0 && d.packed_n == 2 &&
                d.of == DEFAULTS_OF_B;
    return same ? edo_protobuf_encode(out, &d, &defaults_desc) : -EPROTO;
}

/* Numbers that the enum `int` has not are in none of its fields. */
static int check_closed(edo_buf *out, edo_str in, edo_arena *arena) {
    defaults d;
    int err = edo_protobuf_decode(&d, &defaults_desc, in, arena);
    if (err < 0) return err;
    bool same = !d.has_choice && d.choice == TRUE_ && d.choices_n == 2 && d.choices[0] == EOF_ &&
                d.choices[1] == TRUE_ && d.pack_n == 2 && d.pack[0] == TRUE_ && d.pack[1] == EOF_ &&
                d.named_n == 1 && d.named[0].value == ONE;
    return same ? edo_protobuf_encode(out, &d, &defaults_desc) : -EPROTO;
}

int main(int argc, char **argv) {
    static char bytes[4096];
    edo_arena arena = { 0 };
    edo_buf out = { 0 };
    const char *what = argc > 1 ? argv[1] : "";
    int err = 0;
    edo_str in = { bytes, strcmp(what, "write") == 0 ? 0 : fread(bytes, 1, sizeof bytes, stdin) };
    if (strcmp(what, "write") == 0)
        err = edo_protobuf_encode(&out, &numbers, &torture_v1_numbers_desc);
    if (strcmp(what, "read") == 0) err = check_numbers(in, &arena);
    if (strcmp(what, "closed") == 0) err = check_closed(&out, in, &arena);
    if (strcmp(what, "again") == 0) err = check_defaults(&out, in, &arena);
    if (err == 0 && out.len > 0) err = write_buf(&out);
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
    return err < 0;
}
