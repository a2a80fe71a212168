/* SPDX-License-Identifier: MIT */
/* Goal: a stream of the program's is no misuse where a stream of edo lay that was closed, at once
 * or after another holder of it has ended.
 * Method: an allocator that hands out the block that was freed last, if it is large enough. */
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/streams.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define BLOCK_BYTES 4096u /* of each block that is no larger */

/* The blocks that were freed, the latest first; in front of each is the next. The tests have one
 * thread that frees. */
typedef union front {
    struct {
        union front *next;
        size_t bytes;
    } is;
    max_align_t align;
} front;

static front *freed;

static void *reuse_alloc(void *arg, size_t bytes) {
    (void)arg;
    front *f = freed;
    if (f && bytes <= f->is.bytes) {
        freed = f->is.next;
        return f + 1;
    }
    size_t room = bytes < BLOCK_BYTES ? BLOCK_BYTES : bytes;
    f = malloc(sizeof *f + room);
    if (f) f->is.bytes = room;
    return f ? f + 1 : NULL;
}

static void reuse_free(void *arg, void *ptr) {
    (void)arg;
    front *f = (front *)ptr - 1;
    f->is.next = freed;
    freed = f;
}

static void *reuse_realloc(void *arg, void *ptr, size_t bytes) {
    if (!ptr) return reuse_alloc(arg, bytes);
    front *f = realloc((front *)ptr - 1, sizeof *f + bytes);
    if (f) f->is.bytes = bytes;
    return f ? f + 1 : NULL;
}

static const edo_allocator reusing = { .alloc = reuse_alloc,
                                       .realloc = reuse_realloc,
                                       .free = reuse_free };

static int set_allocator(void **state) {
    (void)state;
    return edo_set_allocator(&reusing);
}

static int free_all(void **state) {
    (void)state;
    while (freed) {
        front *f = freed;
        freed = f->is.next;
        free(f);
    }
    return 0;
}

/* ---- A stream of the program ----------------------------------------------------------------- */

static uint32_t freed_n;

static void own_close(edo_stream *s) {
    (void)s;
}

static void own_free(edo_stream *s) {
    (void)s;
    freed_n++;
}

static int own_fd(edo_stream *s) {
    (void)s;
    return 77;
}

static const edo_stream_ops own_ops = {
    .name = "own", .close = own_close, .free = own_free, .fd = own_fd
};

/* Twice, as the first could leave a record for the second. */
static void use_as_stream(void *at) {
    for (uint32_t i = 0; i < 2; i++) {
        edo_stream *s = at;
        *s = (edo_stream){ .ops = &own_ops, .refs = EDOI_ATOMIC_INIT(1) };
        freed_n = 0;
        edo_stream_unref(edo_stream_ref(s));
        assert_int_equal(edo_stream_fd(s), 77);
        edo_close(s);
        assert_int_equal(freed_n, 1);
    }
}

/* The block of `at`, which was freed last, is the program's. */
static void reuse(void *at) {
    front *f = freed;
    char *begin = reuse_alloc(NULL, 1);
    assert_non_null(begin);
    assert_ptr_equal(begin, f + 1);
    assert_true((char *)at >= begin && (char *)at + sizeof(edo_stream) <= begin + f->is.bytes);
    use_as_stream(at);
    reuse_free(NULL, begin);
}

/* ---- Streams of edo -------------------------------------------------------------------------- */

static void a_stream_may_lie_where_both_ends_of_a_duplex_lay(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        edo_stream *ends[2];
        assert_int_equal(edo_duplex(&ends[0], &ends[1], 16), 0);
        edo_close(ends[first]);
        edo_close(ends[!first]);
        reuse(ends[0]);
        reuse(ends[1]);
    }
}

static void a_stream_may_lie_where_a_duplex_lay_that_a_read_outlived(void **state) {
    (void)state;
    char byte;
    edo_read_future f;
    edo_stream *a, *b;
    assert_int_equal(edo_duplex(&a, &b, 16), 0);
    assert_int_equal(edo_poll_once(edo_read_init(&f, a, &byte, 1)), EDO_PENDING);
    edo_close(a);
    edo_close(b);
    edo_drop(&f.base); // had the last reference
    reuse(a);
    reuse(b);
}

static void a_stream_may_lie_where_a_file_lay(void **state) {
    (void)state;
    edo_stream *s;
    assert_int_equal(edo_fs_open(&s, "/dev/null", NULL), 0);
    edo_close(s);
    reuse(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_may_lie_where_both_ends_of_a_duplex_lay),
        cmocka_unit_test(a_stream_may_lie_where_a_duplex_lay_that_a_read_outlived),
        cmocka_unit_test(a_stream_may_lie_where_a_file_lay),
    };
    return cmocka_run_group_tests(tests, set_allocator, free_all);
}
