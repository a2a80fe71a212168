/* SPDX-License-Identifier: MIT */
/* fuzz/tls_name.c: hellos of TLS. Properties: the pieces in which the input arrives make no
 * difference; nothing is taken; a beginning of a hello asks for more than it has, and for no more
 * than all of it; a name has only what names of hosts have. */
#include "net/tls_name.h"
#include "fuzz.h"

#include <edo/edo.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

#define R32   "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
#define BEGIN "\3\3" R32 "\0\0\2\x13\1\1\0" /* 41 bytes */
#define NAME  "\0\0\0\x0e\0\x0c\0\0\x09"    /* of 9 bytes */

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\x16\3\1\0\x2d\1\0\0\x29" BEGIN),
    FUZZ_SEED("\x16\3\1\0\x41\1\0\0\x3d" BEGIN "\0\x12" NAME "A.Example"),
    FUZZ_SEED("\x16\3\1\0\x46\1\0\0\x42" BEGIN "\0\x17\0\x0b\0\1\0" NAME "a.exampl."),
    FUZZ_SEED("\x16\3\1\0\2\1\0\x16\3\1\0\x3f\0\x3d" BEGIN "\0\x12" NAME "a.example"),
    FUZZ_SEED("\x16\3\1\0\x53\1\0\0\x4f" BEGIN "\0\x24" NAME "a.example" NAME "b.example"),
    FUZZ_SEED("\x16\3\3\0\1\1\x16\3\3\0\1\0\x16\3\3\0\1\0"),
    FUZZ_SEED("\x15\3\1\0\2\1\0"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static int peek(char *name, const uint8_t *data, size_t n, size_t piece) {
    edo_stream *all, *s;
    edo_buf_reader in;
    char *back = malloc(n + 1);
    EDO_TEST_TRUE(back);
    EDO_TEST_OK(edo_stream_mem(&all, data, n));
    EDO_TEST_OK(edo_test_limit_new(&s, all, piece));
    EDO_TEST_OK(edo_buf_reader_init(&in, s, NULL));
    int result = edo_peek_tls_name(&in, name);
    size_t have = 0;
    for (int got; (got = edo_read(edo_buf_reader_stream(&in), back + have, n + 1 - have)) > 0;)
        have += (size_t)got;
    EDO_TEST_EQ(have, n);
    EDO_TEST_TRUE(memcmp(back, data, n) == 0);
    edo_buf_reader_deinit(&in);
    edo_close(s);
    free(back);
    return result;
}

static void check_name(const char *name) {
    EDO_TEST_TRUE(strlen(name) <= EDO_TLS_NAME_MAX);
    for (; *name; name++)
        EDO_TEST_TRUE(*name > ' ' && *name < 0x7f && (*name < 'A' || *name > 'Z'));
}

/* `whole` is the length of the hello. */
static void check_beginnings(const uint8_t *data, size_t whole) {
    char name[EDO_TLS_NAME_MAX + 1];
    for (size_t n = 0; n < whole; n++) {
        int wanted = edoi_tls_name_parse(name, data, n);
        EDO_TEST_TRUE(wanted > (int)n && wanted <= (int)whole);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char name[EDO_TLS_NAME_MAX + 1] = "", at_once[EDO_TLS_NAME_MAX + 1] = "",
                                 in_pieces[EDO_TLS_NAME_MAX + 1] = "";
    int end = edoi_tls_name_parse(name, data, n);
    int result = peek(at_once, data, n, SIZE_MAX);
    EDO_TEST_EQ(peek(in_pieces, data, n, 1 + n % 5), result);
    EDO_TEST_TRUE(strcmp(at_once, in_pieces) == 0);
    check_name(at_once);
    if (result == 0) {
        EDO_TEST_TRUE(end > 0 && (size_t)end <= n && strcmp(name, at_once) == 0);
        check_beginnings(data, (size_t)end);
    }
    return 0;
}
