/* SPDX-License-Identifier: MIT */
/* Goal: what does not fit together in a TLS stream is named.
 * Method: a stream before its handshake, broken by hand. */
#include "tls/stream/tls.h"

#include "broken.h"

static char byte;

typedef struct breaker {
    const char *name;
    void (*fn)(edoi_tls *self);
} breaker;

static void leave_fresh(edoi_tls *self) {
    self->fresh = (edo_str){ &byte, 1 };
}

static void flush_nothing(edoi_tls *self) {
    self->is_flushing = true;
}

static void keep_memory(edoi_tls *self) {
    assert_int_equal(edo_buf_reserve(&self->going, 100), 0);
}

static void keep_next(edoi_tls *self) {
    assert_int_equal(edo_buf_reserve(&self->next, 100), 0);
}

static void break_without_a_code(edoi_tls *self) {
    self->is_broken = true;
}

static void end_without_a_code(edoi_tls *self) {
    self->said_end = true;
}

static void fail_without_a_code(edoi_tls *self) {
    self->read_fault = 1;
    self->read_err = 1; // which is an end in order
}

static void return_bytes(edoi_tls *self) {
    self->write_err = 7;
}

static int break_and_unlock(void *arg) {
    const breaker *b = arg;
    static edo_stream below;
    edoi_tls *self;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    void *setup = edo_rc_new(1, NULL);
    assert_true(ctx && setup);
    assert_int_equal(edoi_tls_stream_new(&self, &below, ctx, setup), 0);
    edoi_tls_lock(self);
    edoi_tls_unlock(self);
    edoi_tls_lock(self);
    b->fn(self);
    edoi_tls_unlock(self);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    static breaker rows[] = {
        { "tls inv. 1: ", leave_fresh },          { "tls inv. 2: ", flush_nothing },
        { "tls inv. 5: ", keep_memory },          { "tls inv. 5: ", keep_next },
        { "tls inv. 6: ", break_without_a_code }, { "tls inv. 6: ", end_without_a_code },
        { "tls inv. 6: ", fail_without_a_code },  { "tls inv. 6: ", return_bytes },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, break_and_unlock, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
