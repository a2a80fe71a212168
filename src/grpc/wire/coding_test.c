/* SPDX-License-Identifier: MIT */
/* Goal: compressed messages come back, and what is broken, or stands for too much, is told.
 * Method: each coding of the build; messages that are cut at each byte. */
#include "grpc/wire/coding.h"

#include "inside.h"

#include <edo/headers.h>
#include <edo/web_compress.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 100000u

static char text[TEXT_BYTES];

static const struct {
    uint32_t bit;
    edoi_coding coding;
    const char *name;
} all[] = { { EDO_CODING_GZIP, EDOI_CODING_GZIP, "gzip" },
            { EDO_CODING_DEFLATE, EDOI_CODING_DEFLATE, "deflate" },
            { EDO_CODING_ZSTD, EDOI_CODING_ZSTD, "zstd" } };

static int comes_back(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        edo_buf small = { 0 }, back = { 0 };
        if (!edoi_grpc_codings(all[i].bit)) continue;
        CHECK_EQ(edoi_grpc_compress(&small, (edo_str){ text, TEXT_BYTES }, all[i].coding), 0);
        CHECK(small.len < TEXT_BYTES / 10);
        const edo_str message = { small.ptr, small.len };
        CHECK_EQ(edoi_grpc_expand(&back, message, all[i].coding, TEXT_BYTES), 0);
        CHECK(back.len == TEXT_BYTES && memcmp(back.ptr, text, TEXT_BYTES) == 0);
        back.len = 0;
        CHECK_EQ(edoi_grpc_expand(&back, message, all[i].coding, TEXT_BYTES - 1), -EMSGSIZE);
        for (size_t n = 0; n < small.len; n += n < 20 || n + 20 > small.len ? 1 : 7) {
            back.len = 0;
            int err = edoi_grpc_expand(&back, (edo_str){ small.ptr, n }, all[i].coding, TEXT_BYTES);
            CHECK_EQ(err, -EBADMSG);
        }
        CHECK_EQ(edo_buf_append(&small, "x", 1), 0);
        back.len = 0;
        CHECK_EQ(
            edoi_grpc_expand(&back, (edo_str){ small.ptr, small.len }, all[i].coding, TEXT_BYTES),
            -EBADMSG);
        small.len = 0;
        CHECK_EQ(edoi_grpc_compress(&small, EDO_STR("abc"), all[i].coding), -E2BIG);
        CHECK_EQ(edoi_grpc_compress(&small, EDO_STR(""), all[i].coding), -E2BIG);
        edo_buf_deinit(&small);
        edo_buf_deinit(&back);
    }
    return 0;
}

static void messages_come_back_whole_or_not_at_all(void **state) {
    (void)state;
    for (size_t i = 0; i < TEXT_BYTES; i++) text[i] = (char)('a' + i % 26);
    assert_int_equal(inside(comes_back, NULL), 0);
}

/* Two members, one that stands for nothing between them, of `coding`. */
static int members_come_back(edoi_coding coding, bool has_members) {
    const edo_str half = { text, TEXT_BYTES / 2 };
    static const char nothing[] = "\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0";
    edo_buf small = { 0 }, back = { 0 };
    CHECK_EQ(edoi_grpc_compress(&small, half, coding), 0);
    if (coding == EDOI_CODING_GZIP)
        CHECK_EQ(edo_buf_append(&small, nothing, sizeof nothing - 1), 0);
    CHECK_EQ(edoi_grpc_compress(&small, half, coding), 0);
    const edo_str all_of_it = { small.ptr, small.len };
    int err = edoi_grpc_expand(&back, all_of_it, coding, TEXT_BYTES);
    CHECK_EQ(err, has_members ? 0 : -EBADMSG);
    if (has_members) {
        CHECK(back.len == TEXT_BYTES && memcmp(back.ptr, text, half.len) == 0 &&
              memcmp(back.ptr + half.len, text, half.len) == 0);
        back.len = 0;
        CHECK_EQ(edoi_grpc_expand(&back, all_of_it, coding, TEXT_BYTES - 1), -EMSGSIZE);
        const edo_str cut = { small.ptr, small.len - 1 };
        CHECK_EQ(edoi_grpc_expand(&back, cut, coding, TEXT_BYTES), -EBADMSG);
    }
    edo_buf_deinit(&small);
    edo_buf_deinit(&back);
    return 0;
}

static int has_members(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        if (!edoi_grpc_codings(all[i].bit)) continue;
        int err = members_come_back(all[i].coding, all[i].coding != EDOI_CODING_DEFLATE);
        if (err < 0) return err;
    }
    return 0;
}

static void members_of_a_message_are_one(void **state) {
    (void)state;
    assert_int_equal(inside(has_members, NULL), 0);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

#define LONG_BYTES (4u << 20)

static unsigned turns_n;
static bool is_over;

static int takes_turns(void *arg) {
    (void)arg;
    while (!is_over) {
        turns_n++;
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

/* As many turns as there are pieces of 64 KiB, less what runs at once. */
static int gives_turns(void *arg) {
    char *zeros = arg;
    edo_task *other = edo_spawn(takes_turns, NULL);
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        edo_buf small = { 0 }, back = { 0 };
        if (!edoi_grpc_codings(all[i].bit)) continue;
        turns_n = 0;
        CHECK_EQ(edoi_grpc_compress(&small, (edo_str){ zeros, LONG_BYTES }, all[i].coding), 0);
        CHECK(turns_n >= 60);
        turns_n = 0;
        CHECK_EQ(
            edoi_grpc_expand(&back, (edo_str){ small.ptr, small.len }, all[i].coding, LONG_BYTES),
            0);
        CHECK(turns_n >= 60 && back.len == LONG_BYTES);
        CHECK(memcmp(back.ptr, zeros, LONG_BYTES) == 0);
        edo_buf_deinit(&small);
        edo_buf_deinit(&back);
    }
    is_over = true;
    return edo_task_join(other);
}

static void long_messages_let_others_run(void **state) {
    char *zeros = calloc(1, LONG_BYTES);
    (void)state;
    assert_non_null(zeros);
    assert_int_equal(inside(gives_turns, zeros), 0);
    free(zeros);
}

static void names_are_chosen(void **state) {
    const uint32_t both = EDO_CODING_GZIP | EDO_CODING_DEFLATE;
    char names[EDOI_GRPC_CODINGS_TEXT];
    (void)state;
    assert_int_equal(edoi_grpc_coding_of((edo_str){ NULL, 0 }, both), EDOI_CODING_NONE);
    assert_int_equal(edoi_grpc_coding_of(EDO_STR("identity"), 0), EDOI_CODING_NONE);
    assert_int_equal(edoi_grpc_coding_of(EDO_STR("gzip"), both), EDOI_CODING_GZIP);
    assert_int_equal(edoi_grpc_coding_of(EDO_STR("GZIP"), both), EDOI_CODING_GZIP);
    assert_int_equal(edoi_grpc_coding_of(EDO_STR("gzip"), EDO_CODING_ZSTD), -1);
    assert_int_equal(edoi_grpc_coding_of(EDO_STR("br"), UINT32_MAX), -1);
    assert_int_equal(edoi_grpc_coding_of(EDO_STR(""), both), -1);
    assert_int_equal(edoi_grpc_coding_choose(EDO_STR("identity,deflate, gzip"), both),
                     EDOI_CODING_GZIP);
    assert_int_equal(edoi_grpc_coding_choose(EDO_STR("identity, gzipped"), both), EDOI_CODING_NONE);
    assert_int_equal(edoi_grpc_coding_choose((edo_str){ NULL, 0 }, both), EDOI_CODING_NONE);
    assert_int_equal(edoi_grpc_coding_names(names, both), strlen("identity,gzip,deflate"));
    assert_memory_equal(names, "identity,gzip,deflate", strlen("identity,gzip,deflate"));
    assert_true(edoi_grpc_coding_names(names, UINT32_MAX) <= sizeof names);
    assert_int_equal(edoi_grpc_codings(EDO_CODING_BR), 0);
}

/* Which of gzip and deflate a request gets that has these fields; up to two of one name. */
static void fields_are_agreed_on(void **state) {
    static const struct {
        const char *name, *values[2];
        edoi_coding coding;
    } rows[] = {
        { "accept-encoding", { "gzip" }, EDOI_CODING_GZIP },
        { "accept-encoding", { "GZip" }, EDOI_CODING_GZIP },
        { "accept-encoding", { "gzip ;q=0" }, EDOI_CODING_NONE },
        { "accept-encoding", { "gzip; q=0.5, deflate" }, EDOI_CODING_DEFLATE },
        { "accept-encoding", { "br", "deflate" }, EDOI_CODING_DEFLATE },
        { "accept-encoding", { "*, gzip;q=0" }, EDOI_CODING_DEFLATE },
        { "accept-encoding", { "identity, gzip;q=0.1" }, EDOI_CODING_NONE },
        { "accept-encoding", { NULL }, EDOI_CODING_NONE },
        { "grpc-accept-encoding", { "identity,deflate", "gzip" }, EDOI_CODING_GZIP },
        { "grpc-accept-encoding", { "Deflate" }, EDOI_CODING_DEFLATE },
        { "connect-accept-encoding", { "br", "identity, deflate" }, EDOI_CODING_DEFLATE },
        { "connect-accept-encoding", { "br" }, EDOI_CODING_NONE },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const edo_str name = edo_str_of(rows[i].name);
        edo_headers h;
        edo_headers_init(&h);
        for (size_t k = 0; k < 2 && rows[i].values[k]; k++)
            assert_int_equal(edo_headers_append_named(&h, name, edo_str_of(rows[i].values[k])), 0);
        edoi_coding got = edoi_grpc_coding_agree(&h, name, EDO_CODING_GZIP | EDO_CODING_DEFLATE);
        if (got != rows[i].coding)
            fail_msg("%s: %s: %d", rows[i].name, rows[i].values[0], (int)got);
        edo_headers_deinit(&h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_back_whole_or_not_at_all),
        cmocka_unit_test(members_of_a_message_are_one),
        cmocka_unit_test(long_messages_let_others_run),
        cmocka_unit_test(names_are_chosen),
        cmocka_unit_test(fields_are_agreed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
