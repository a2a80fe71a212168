/* SPDX-License-Identifier: MIT */
/* Goal: numbers come back as they were written, in the order of bytes that was asked for, as a
 * whole or not at all.
 * Method: writes to a pipe in memory of which the bytes are compared; an end inside a number;
 * calls that are cancelled at each byte. */
#include "io_support.h"

#include <edo/streams.h>
#include <edo/typed_io.h>

#include <float.h>

typedef struct ends {
    edo_stream *to, *from;
    edo_buf_writer out;
    edo_buf_reader in;
} ends;

static void open_ends_with(ends *e, size_t bytes, size_t buf_bytes) {
    const edo_buf_writer_opts opts = { .buf_bytes = buf_bytes };
    CHECK_EQ(edo_simplex(&e->from, &e->to, bytes), 0);
    CHECK_EQ(edo_buf_writer_init(&e->out, e->to, &opts), 0);
    CHECK_EQ(edo_buf_reader_init(&e->in, e->from, NULL), 0);
}

static void open_ends(ends *e, size_t bytes) {
    open_ends_with(e, bytes, 8);
}

static void shut_ends(ends *e) {
    edo_buf_writer_deinit(&e->out);
    edo_buf_reader_deinit(&e->in);
    edo_close(e->to);
    edo_close(e->from);
}

static void flush(ends *e) {
    CHECK_EQ(edo_flush(edo_buf_writer_stream(&e->out)), 0);
}

static int orders(void *arg) {
    (void)arg;
    ends e;
    char bytes[16];
    open_ends(&e, 64);
    CHECK_EQ(edo_write_u16be(&e.out, 0x0102), 0);
    CHECK_EQ(edo_write_u32le(&e.out, 0x06050403), 0);
    CHECK_EQ(edo_write_u64be(&e.out, 0x0708090a0b0c0d0e), 0); // does not fit, so the rest goes out
    CHECK_EQ(edo_read(e.from, bytes, 16), 6);
    flush(&e);
    CHECK_EQ(edo_read(e.from, bytes + 6, 10), 8);
    for (int i = 0; i < 14; i++) CHECK_EQ(bytes[i], i + 1);
    shut_ends(&e);
    return 0;
}

#define COMES_BACK(e, name, type, number)                                                          \
    do {                                                                                           \
        type got;                                                                                  \
        CHECK_EQ(edo_write_##name(&(e)->out, (number)), 0);                                        \
        flush(e);                                                                                  \
        CHECK_EQ(edo_read_##name(&(e)->in, &got), 0);                                              \
        CHECK(got == (number));                                                                    \
    } while (0)
#define COMES_BACK_IN_BOTH(e, name, type, number)                                                  \
    do {                                                                                           \
        COMES_BACK(e, name##be, type, number);                                                     \
        COMES_BACK(e, name##le, type, number);                                                     \
    } while (0)

static int values(void *arg) {
    (void)arg;
    ends e;
    open_ends(&e, 64);
    COMES_BACK(&e, u8, uint8_t, UINT8_MAX);
    COMES_BACK(&e, i8, int8_t, INT8_MIN);
    COMES_BACK_IN_BOTH(&e, u16, uint16_t, UINT16_MAX - 1);
    COMES_BACK_IN_BOTH(&e, i16, int16_t, INT16_MIN + 1);
    COMES_BACK_IN_BOTH(&e, u32, uint32_t, UINT32_MAX - 1);
    COMES_BACK_IN_BOTH(&e, i32, int32_t, INT32_MIN + 1);
    COMES_BACK_IN_BOTH(&e, u64, uint64_t, UINT64_MAX - 1);
    COMES_BACK_IN_BOTH(&e, i64, int64_t, INT64_MIN + 1);
    COMES_BACK_IN_BOTH(&e, f32, float, -FLT_MAX);
    COMES_BACK_IN_BOTH(&e, f64, double, DBL_MIN);
    shut_ends(&e);
    return 0;
}

#ifdef __SIZEOF_INT128__
static int wide_ones(void *arg) {
    (void)arg;
    ends e;
    char bytes[16];
    open_ends_with(&e, 64, 0);
    edo_u128 big = (edo_u128)0x0102030405060708 << 64 | 0x090a0b0c0d0e0f10;
    CHECK_EQ(edo_write_u128be(&e.out, big), 0);
    flush(&e);
    CHECK_EQ(edo_read(e.from, bytes, 16), 16);
    for (int i = 0; i < 16; i++) CHECK_EQ(bytes[i], i + 1);
    CHECK_EQ(edo_write_u128le(&e.out, big), 0);
    flush(&e);
    CHECK_EQ(edo_read(e.from, bytes, 16), 16);
    for (int i = 0; i < 16; i++) CHECK_EQ(bytes[i], 16 - i);
    COMES_BACK_IN_BOTH(&e, u128, edo_u128, ~big);
    COMES_BACK_IN_BOTH(&e, i128, edo_i128, -(edo_i128)big);
    edo_u128 kept = big;
    CHECK_EQ(edo_write_u64le(&e.out, 7), 0);
    CHECK_EQ(edo_write_u32le(&e.out, 8), 0);
    CHECK_EQ(edo_shutdown(edo_buf_writer_stream(&e.out)), 0);
    CHECK_EQ(edo_read_u128le(&e.in, &kept), -EDO_EEOF);
    CHECK(kept == big);
    uint64_t first;
    CHECK_EQ(edo_read_u64le(&e.in, &first), 0); // its bytes are still there
    CHECK_EQ(first, 7);
    shut_ends(&e);
    return 0;
}
#endif

static int ends_inside(void *arg) {
    (void)arg;
    ends e;
    uint32_t wide = 7;
    uint16_t narrow = 7;
    open_ends(&e, 64);
    CHECK_EQ(edo_write_u16le(&e.out, 0x1234), 0);
    CHECK_EQ(edo_shutdown(edo_buf_writer_stream(&e.out)), 0);
    CHECK_EQ(edo_read_u32le(&e.in, &wide), -EDO_EEOF);
    CHECK_EQ(wide, 7);
    CHECK_EQ(edo_read_u16le(&e.in, &narrow), 0); // its bytes are still there
    CHECK_EQ(narrow, 0x1234);
    CHECK_EQ(edo_read_u16le(&e.in, &narrow), -EDO_EEOF);
    shut_ends(&e);
    return 0;
}

/* A pipe of one byte, so each number waits in the middle. */
static int is_cancelled(void *arg) {
    (void)arg;
    ends e;
    uint32_t got = 0;
    char byte;
    open_ends(&e, 1);
    CHECK_EQ(edo_write_u64be(&e.out, 1), 0); // the buffer is full
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_write_u32be(&e.out, 2)), -ETIMEDOUT);
    for (int i = 0; i < 8; i++) {
        CHECK_EQ(edo_read(e.from, &byte, 1), 1);
        CHECK_EQ(byte, i == 7);
        edo_deadline_begin(&d, edo_ms(1));
        CHECK_EQ(edo_deadline_end(&d, edo_flush(edo_buf_writer_stream(&e.out))),
                 i < 6 ? -ETIMEDOUT : 0);
    }
    CHECK_EQ(edo_try_read(e.from, &byte, 1), -EAGAIN); // nothing of the cancelled number
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(edo_write(e.to, i == 3 ? "\2" : "", 1), 1);
        edo_deadline_begin(&d, edo_ms(1));
        CHECK_EQ(edo_deadline_end(&d, edo_read_u32be(&e.in, &got)), i < 3 ? -ETIMEDOUT : 0);
    }
    CHECK_EQ(got, 2);
    CHECK_EQ(edo_put(&e.out, "123456789", 9), -EINVAL); // more than the buffer
    CHECK_EQ(edo_put(&e.out, "", 0), 0);
    shut_ends(&e);
    return 0;
}

#ifdef __SIZEOF_INT128__
typedef struct cut_read {
    edo_buf_reader *in;
    int (*read)(edo_buf_reader *self, edo_u128 *value);
    edo_u128 got;
} cut_read;

static int read_one(void *arg) {
    cut_read *c = arg;
    return c->read(c->in, &c->got);
}

/* The bytes and the abort come in one turn, so that the read finds both. */
static int is_aborted_with_its_bytes(void *arg) {
    (void)arg;
    int (*const reads[])(edo_buf_reader *, edo_u128 *) = { edo_read_u128be, edo_read_u128le };
    const edo_u128 kept = 7, sent = ~(edo_u128)0 / 15; // 0x11 in each byte: either order
    for (size_t i = 0; i < EDO_COUNT(reads); i++) {
        ends e;
        char bytes[sizeof sent];
        memcpy(bytes, &sent, sizeof sent);
        open_ends(&e, sizeof sent);
        cut_read c = { .in = &e.in, .read = reads[i], .got = kept };
        edo_task *t = edo_spawn(read_one, &c);
        CHECK_EQ(edo_yield(), 0); // it waits
        CHECK_EQ(edo_write(e.to, bytes, sizeof bytes), sizeof bytes);
        edo_task_cancel(t);
        int err = edo_task_join(t);
        CHECK(err == 0 || err == -ECANCELED);
        CHECK(c.got == (err == 0 ? sent : kept));
        if (err < 0) CHECK_EQ(reads[i](&e.in, &c.got), 0); // nothing was lost
        CHECK(c.got == sent);
        CHECK_EQ(edo_buf_reader_held(&e.in), 0);
        shut_ends(&e);
    }
    return 0;
}
#endif

static void numbers_travel_whole(void **state) {
    (void)state;
    edo_task_fn *const all[] = {
        orders,
        values,
        ends_inside,
#ifdef __SIZEOF_INT128__
        wide_ones,
#endif
    };
    for (size_t i = 0; i < EDO_COUNT(all); i++) CHECK_EQ(inside_each(all[i], NULL), 0);
    CHECK_EQ(inside(is_cancelled, NULL), 0); // each deadline lets it come to its wait
#ifdef __SIZEOF_INT128__
    CHECK_EQ(inside(is_aborted_with_its_bytes, NULL), 0);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(numbers_travel_whole) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
