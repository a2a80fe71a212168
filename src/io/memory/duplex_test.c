/* SPDX-License-Identifier: MIT */
/* Goal: operations on pipes in memory, and copies between them, keep the rules of all leaves:
 * dropped at each poll, polled without an event, with another waker, without budget, without
 * memory.
 * Method: the generic leaf tests; no runtime drives anything. */
#include <edo/copy.h>
#include <edo/streams.h>

#include "acting_waker.h"
#include "leaf.h"

#include <string.h>

typedef struct env {
    edo_stream *near_end, *far_end, *other_near, *other_far;
    char buf[8];
    edo_buf gathered;
    edo_bytes bytes;
    union {
        edo_read_future read;
        edo_write_future write;
        edo_io_ready_future ready;
        edo_copy_future copy;
        edo_copy_both_future both;
        edo_read_bytes_future read_bytes;
        edo_read_all_future read_all;
        edo_write_bytes_future write_bytes;
    } f;
} env;

static void cleanup(void *arg) {
    env *e = (env *)arg;
    edo_buf_deinit(&e->gathered);
    edo_bytes_unref(&e->bytes);
    edo_close(e->near_end);
    edo_close(e->far_end);
    edo_close(e->other_near);
    edo_close(e->other_far);
}

static int make_pairs(env *e) {
    int err = edo_duplex(&e->near_end, &e->far_end, 4);
    if (err == 0) err = edo_duplex(&e->other_near, &e->other_far, 4);
    if (err < 0) cleanup(e);
    return err;
}

static int read_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_pairs(e);
    if (err == 0) *f = edo_read_init(&e->f.read, e->near_end, e->buf, sizeof e->buf);
    return err;
}

static int peek_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_pairs(e);
    if (err == 0) *f = edo_peek_init(&e->f.read, e->near_end, e->buf, sizeof e->buf);
    return err;
}

static int readable_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_pairs(e);
    if (err == 0) *f = edo_io_ready_init(&e->f.ready, e->near_end, EDO_IO_READ);
    return err;
}

static void say_yes(void *arg) {
    assert_int_equal(edo_try_write(((env *)arg)->far_end, "yes", 3), 3);
}

static void yes_is_there(void *arg) {
    env *e = (env *)arg;
    assert_int_equal(edo_try_read(e->near_end, e->buf, sizeof e->buf), 3);
    assert_memory_equal(e->buf, "yes", 3);
    assert_int_equal(edo_try_read(e->near_end, e->buf, sizeof e->buf), -EAGAIN);
}

static int fill(env *e) {
    int err = make_pairs(e);
    if (err == 0) assert_int_equal(edo_try_write(e->near_end, "12345", 5), 4);
    return err;
}

static int write_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = fill(e);
    if (err == 0) *f = edo_write_init(&e->f.write, e->near_end, "no", 2);
    return err;
}

static int writable_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = fill(e);
    if (err == 0) *f = edo_io_ready_init(&e->f.ready, e->near_end, EDO_IO_WRITE);
    return err;
}

static void take_two(void *arg) {
    env *e = (env *)arg;
    assert_int_equal(edo_try_read(e->far_end, e->buf, 2), 2);
    assert_memory_equal(e->buf, "12", 2);
}

static int copy_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_pairs(e);
    if (err == 0) *f = edo_copy_init(&e->f.copy, e->other_near, e->near_end, NULL);
    return err;
}

static void end_input(void *arg) {
    edo_close(((env *)arg)->far_end);
    ((env *)arg)->far_end = NULL;
}

static int both_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_pairs(e);
    if (err == 0) *f = edo_copy_both_init(&e->f.both, e->near_end, e->other_near, NULL);
    return err;
}

static void close_one(void *arg) {
    edo_close(edo_stream_ref(((env *)arg)->near_end));
}

static int read_bytes_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_pairs(e);
    if (err == 0) *f = edo_read_bytes_init(&e->f.read_bytes, &e->gathered, e->near_end, 8);
    return err;
}

static void unread_bytes(void *arg) {
    env *e = (env *)arg;
    assert_int_equal(e->gathered.len, 3);
    assert_memory_equal(e->gathered.ptr, "yes", 3);
    say_yes(e);
}

static int read_all_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_pairs(e);
    if (err == 0) *f = edo_read_all_init(&e->f.read_all, &e->bytes, e->near_end, 8);
    return err;
}

static int write_bytes_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = fill(e);
    e->bytes = edo_bytes_from_static(EDO_STR("no"));
    if (err == 0) *f = edo_write_bytes_init(&e->f.write_bytes, e->near_end, &e->bytes);
    return err;
}

static void every_leaf_keeps_the_rules(void **state) {
    (void)state;
    const leaf leaves[] = {
        { .name = "edo_read on edo_duplex",
          .make = read_make,
          .poke = say_yes,
          .undo = say_yes,
          .intact = yes_is_there,
          .result = 3 },
        { .name = "edo_peek on edo_duplex",
          .make = peek_make,
          .poke = say_yes,
          .intact = yes_is_there,
          .result = 3 },
        { .name = "edo_io_ready for input on edo_duplex",
          .make = readable_make,
          .poke = say_yes,
          .intact = yes_is_there },
        { .name = "edo_io_ready for room on edo_duplex", .make = writable_make, .poke = take_two },
        { .name = "edo_write on edo_duplex", .make = write_make, .poke = take_two, .result = 2 },
        { .name = "edo_read_bytes",
          .make = read_bytes_make,
          .poke = say_yes,
          .undo = unread_bytes,
          .intact = yes_is_there,
          .result = 3 },
        { .name = "edo_read_all", .make = read_all_make, .poke = end_input },
        { .name = "edo_write_bytes", .make = write_bytes_make, .poke = take_two },
        { .name = "edo_copy", .make = copy_make, .poke = end_input },
        { .name = "edo_copy_both", .make = both_make, .poke = close_one, .result = -EDO_ECLOSED },
    };
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf l = leaves[i];
        l.env_bytes = sizeof(env);
        l.cleanup = cleanup;
        leaf_run(&l);
    }
}

/* What the waker's stream returned to a write at the moment of the wake. */
static int written;

static void write_now(acting_waker *w) {
    written = edo_try_write(w->arg, "x", 1);
}

static void who_sees_the_end_cannot_write(void **state) {
    (void)state;
    edo_stream *s, *peer;
    edo_read_future f;
    char byte;
    assert_int_equal(edo_duplex(&s, &peer, 4), 0);
    acting_waker w = ACTING_WAKER(edo_read_init(&f, s, &byte, 1));
    assert_int_equal(acting_poll(&w), EDO_PENDING);
    w.arg = s;
    w.act = write_now;
    edo_close(peer);
    assert_int_equal(written, -EPIPE);
    assert_int_equal(acting_poll(&w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    edo_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_keeps_the_rules),
        cmocka_unit_test(who_sees_the_end_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
