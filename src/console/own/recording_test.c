/* SPDX-License-Identifier: MIT */
/* Goal: what is recorded is read again; a file that was cut off anywhere gives the looks that are
 * whole; what is no recording is refused.
 * Method: three looks of different sizes, cut at each byte. */
#include "console/own/recording.h"

#include "inside.h"

#include <edo/protobuf.h>

#include <errno.h>
#include <string.h>

static void put(edo_buf *out, const edoi_look_update *u) {
    edo_buf message = { 0 };
    assert_int_equal(edo_protobuf_encode(&message, u, &EDOI_LOOK_UPDATE_DESC), 0);
    assert_int_equal(edoi_looks_put(out, (edo_str){ message.ptr, message.len }), 0);
    edo_buf_deinit(&message);
}

static void record(edo_buf *out) {
    static char name[300];
    memset(name, 'n', sizeof name);
    edoi_look_site site = { .name = { name, sizeof name }, .n = 7 };
    edoi_look_update u = { .number = 1 };
    assert_int_equal(edo_buf_append(out, EDOI_LOOKS_HEAD, strlen(EDOI_LOOKS_HEAD)), 0);
    put(out, &(edoi_look_update){ .number = 0 }); // of no bytes
    put(out, &u);
    u.number = 2;
    u.sites = &site;
    u.sites_n = 1;
    put(out, &u);
}

/* How many looks there are; `*left`: bytes behind them. */
static size_t count(edo_str file, size_t *left) {
    edo_str message;
    size_t n = 0;
    assert_int_equal(edoi_looks_begin(&file), 0);
    for (int got; (got = edoi_looks_next(&file, &message)) != 0; n++) {
        edo_arena arena = { 0 };
        edoi_look_update u;
        assert_int_equal(got, 1);
        assert_int_equal(edo_protobuf_decode(&u, &EDOI_LOOK_UPDATE_DESC, message, &arena), 0);
        assert_int_equal(u.number, n);
        assert_int_equal(u.sites_n, n == 2);
        if (n == 2) assert_int_equal(u.sites[0].name.len, 300);
        edo_arena_deinit(&arena);
    }
    *left = file.len;
    return n;
}

static void what_is_whole_is_read(void **state) {
    (void)state;
    edo_buf out = { 0 };
    size_t left, last = 0;
    record(&out);
    assert_int_equal(count((edo_str){ out.ptr, out.len }, &left), 3);
    assert_int_equal(left, 0);
    for (size_t n = strlen(EDOI_LOOKS_HEAD); n < out.len; n++) {
        const size_t got = count((edo_str){ out.ptr, n }, &left);
        assert_true(got >= last && got < 3);
        last = got;
    }
    assert_int_equal(last, 2);
    edo_buf_deinit(&out);
}

static void what_is_no_recording_is_refused(void **state) {
    (void)state;
    edo_str message, rest = EDO_STR("edo-looks 2\n");
    assert_int_equal(edoi_looks_begin(&rest), -EINVAL);
    rest = EDO_STR("edo-loo");
    assert_int_equal(edoi_looks_begin(&rest), -EINVAL);
    rest = EDO_STR("\xff\xff\xff\xff\x01rest"); // no length has five bytes
    assert_int_equal(edoi_looks_next(&rest, &message), -EBADMSG);
    assert_int_equal(edoi_looks_put(NULL, (edo_str){ "", EDOI_LOOKS_ONE_MAX + 1 }), -EMSGSIZE);
    rest = EDO_STR("\xff\xff\xff\x7f"); // too long
    assert_int_equal(edoi_looks_next(&rest, &message), -EBADMSG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_whole_is_read),
        cmocka_unit_test(what_is_no_recording_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
