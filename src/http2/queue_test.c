/* SPDX-License-Identifier: MIT */
/* Goal: what is put into a queue comes out in order, however it is put and taken, and an empty one
 * holds no memory.
 * Method: pieces of random sizes against a plain array; each allocation fails in turn. */
#include "http2/queue.h"

#include "base/memory/alloc.h"
#include "inside.h"
#include "seed.h"

#include <errno.h>

#define BYTES 300000u

static char bytes[BYTES], got[BYTES];

static uint64_t random_of(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t take_some(edoi_h2_queue *q, char *to, size_t n) {
    const struct iovec vecs[2] = { { to, n / 2 }, { to + n / 2, n - n / 2 } };
    size_t peeked = edoi_h2_queue_take(q, vecs, 2, true);
    size_t taken = edoi_h2_queue_take(q, vecs, 2, false);
    assert_true(peeked <= taken && taken <= n);
    return taken;
}

static void random_pieces_keep_their_order(void **state) {
    (void)state;
    uint64_t seed = test_seed(1);
    for (int round = 0; round < 20; round++) {
        edoi_h2_queue q = { 0 };
        size_t in = 0, out = 0;
        while (out < BYTES) {
            size_t n = least((size_t)(random_of(&seed) % 40000), BYTES - in);
            assert_int_equal(edoi_h2_queue_put(&q, bytes + in, n), 0);
            in += n;
            out += take_some(&q, got + out, least((size_t)(random_of(&seed) % 50000), BYTES - out));
            assert_int_equal(q.bytes, in - out);
        }
        assert_null(q.first);
        assert_null(q.last);
        assert_memory_equal(bytes, got, BYTES);
    }
}

static void no_memory_appends_nothing(void **state) {
    (void)state;
    edoi_h2_queue q = { 0 };
    assert_int_equal(edoi_h2_queue_put(&q, bytes, 10), 0);
    for (uint64_t k = 1; k <= 3; k++) {
        edoi_alloc_fail_at(k);
        assert_int_equal(edoi_h2_queue_put(&q, bytes, 3 * EDOI_H2_CHUNK_MAX), -ENOMEM);
        edoi_alloc_fail_at(0);
        assert_int_equal(q.bytes, 10);
    }
    assert_int_equal(edoi_h2_queue_put(&q, bytes, 3 * EDOI_H2_CHUNK_MAX), 0);
    edoi_h2_queue_deinit(&q);
    assert_null(q.first);
}

int main(void) {
    for (size_t i = 0; i < BYTES; i++) bytes[i] = (char)(i * 31 + i / 255);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_pieces_keep_their_order),
        cmocka_unit_test(no_memory_appends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
