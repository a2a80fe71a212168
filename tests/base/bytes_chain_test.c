/* SPDX-License-Identifier: MIT */
/* Goal: a chain holds the bytes that were appended and pushed, in order, whatever is taken off its
 * two ends; long pieces are not copied.
 * Method: random operations compared with a plain array, with payload of all lengths around the
 * limit of copying. */
#include <edo/bytes.h>

#include "seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS    20000
#define MODEL_MAX (1u << 16)
#define VECS_MAX  64u

static char model[MODEL_MAX];
static size_t model_n;

static uint64_t next_random(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

/* The first pieces of the chain have the model's first bytes; all pieces, if they are few. */
static void compare(const edo_bytes_chain *c) {
    struct iovec vecs[VECS_MAX];
    size_t n = edo_bytes_chain_vecs(c, vecs, VECS_MAX), at = 0;
    assert_int_equal(c->len, model_n);
    for (size_t i = 0; i < n; i++) {
        assert_true(vecs[i].iov_len > 0 && vecs[i].iov_len <= model_n - at);
        assert_memory_equal(vecs[i].iov_base, model + at, vecs[i].iov_len);
        at += vecs[i].iov_len;
    }
    assert_true(at == model_n || n == VECS_MAX);
    assert_int_equal(edo_bytes_chain_vecs(c, vecs, 0), 0);
    if (n > 1) assert_int_equal(edo_bytes_chain_vecs(c, vecs, n - 1), n - 1);
}

static void add(edo_bytes_chain *c, uint64_t x) {
    char piece[3000];
    size_t n = x % (x & 256 ? 40 : sizeof piece);
    if (model_n + n > MODEL_MAX) return;
    for (size_t i = 0; i < n; i++) piece[i] = (char)(x + i * 7);
    memcpy(model + model_n, piece, n);
    model_n += n;
    if (x & 512) {
        assert_int_equal(edo_bytes_chain_append(c, piece, n), 0);
        return;
    }
    edo_bytes b;
    assert_int_equal(edo_bytes_copy(&b, piece, n), 0);
    assert_int_equal(edo_bytes_chain_push(c, &b), 0);
    assert_null(b.owner);
}

static void chain_is_as_an_array(void **state) {
    (void)state;
    uint64_t x = test_seed(88172645463325252u);
    edo_bytes_chain c = { 0 };
    model_n = 0;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t r = next_random(&x);
        size_t n = (size_t)(r >> 32) % 3000;
        size_t taken = n < model_n ? n : model_n;
        switch (r % 8) {
        case 0:
        case 1:
            edo_bytes_chain_advance(&c, n);
            memmove(model, model + taken, model_n - taken);
            model_n -= taken;
            break;
        case 2:
            edo_bytes_chain_truncate(&c, model_n - taken);
            model_n -= taken;
            break;
        case 3: edo_bytes_chain_truncate(&c, model_n + 1); break;
        default: add(&c, r >> 3); break;
        }
        compare(&c);
        if (c.len == 0 && r % 8 < 2) assert_null(c.buf); // no memory
    }
    edo_bytes_chain_deinit(&c);
    assert_null(c.buf);
}

static void long_pieces_are_not_copied(void **state) {
    (void)state;
    static const char text[EDO_CHAIN_COPY_MAX + 1];
    edo_bytes longer = edo_bytes_from_static((edo_str){ text, sizeof text });
    edo_bytes shorter = edo_bytes_from_static((edo_str){ text, sizeof text - 1 });
    edo_bytes_chain c;
    struct iovec vecs[4];
    edo_bytes_chain_init(&c);
    assert_int_equal(edo_bytes_chain_append(&c, "head", 4), 0);
    assert_int_equal(edo_bytes_chain_push(&c, &longer), 0);
    assert_int_equal(edo_bytes_chain_push(&c, &shorter), 0);
    assert_int_equal(edo_bytes_chain_vecs(&c, vecs, 4), 3);
    assert_ptr_equal(vecs[1].iov_base, text);
    assert_ptr_not_equal(vecs[2].iov_base, text);
    edo_bytes_chain_deinit(&c);
}

static void reserved_room_cannot_fail(void **state) {
    (void)state;
    edo_bytes_chain c = { 0 };
    assert_int_equal(edo_bytes_chain_reserve(&c, 5000), 0);
    const char *buf = c.buf;
    for (int i = 0; i < 5000; i++) assert_int_equal(edo_bytes_chain_append(&c, "x", 1), 0);
    assert_ptr_equal(c.buf, buf);
    edo_bytes_chain_deinit(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chain_is_as_an_array),
        cmocka_unit_test(long_pieces_are_not_copied),
        cmocka_unit_test(reserved_room_cannot_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
