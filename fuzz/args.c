/* SPDX-License-Identifier: MIT */
/* fuzz/args.c: command lines, the arguments ended by NULs. Properties: what was decoded is as
 * described; it is the same from an arena and from the heap; an error has a text. */
#include "fuzz.h"

#include <edo/config.h>
#include <edo/error.h>
#include <edo/test.h>

typedef struct options {
    int16_t num;
    bool yes, no;
    edo_str *list;
    size_t list_n;
    int fixed[2];
    const char *text;
    edo_duration t;
    edo_str rest[3];
    size_t rest_n;
} options;
EDO_DESCRIBE(options,
             EDO_FIELD(options, num, .letter = 'n', .max = 1000, .sizes = true, .optional = true),
             EDO_FIELD(options, yes, .letter = 'y'), EDO_FIELD(options, no, .preset = "true"),
             EDO_FIELD_LIST(options, list, list_n, .letter = 'l', .min_len = 0, .max_len = 4),
             EDO_FIELD_FIXED(options, fixed, .optional = true),
             EDO_FIELD(options, text, .optional = true, .pattern = "[^x]*"),
             EDO_FIELD(options, t, .preset = "1s"),
             EDO_FIELD_UPTO(options, rest, rest_n, .positional = true))

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("--num\0"
              "7\0"
              "-y\0"
              "--no-no\0"
              "a\0"
              "b"),
    FUZZ_SEED("-yn1k\0"
              "-l\0"
              "x\0"
              "--list=y\0"
              "--\0"
              "--num"),
    FUZZ_SEED("--fixed=1\0"
              "--fixed\0"
              "-2\0"
              "--text=abc\0"
              "--t\0"
              "5m"),
    FUZZ_SEED("--help"),
    FUZZ_SEED("--nmu=3"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static int decode(options *o, char *bytes, size_t n, FILE *out, edo_arena *arena) {
    char *argv[64] = { (char[]){ "fuzz" } };
    int argc = 1;
    for (size_t at = 0; at < n && argc < 64; at += strlen(bytes + at) + 1)
        argv[argc++] = bytes + at;
    const edo_config_opts opts = { .arena = arena, .out = out, .version = "1" };
    return edo_args_decode(o, &options_desc, argc, argv, &opts);
}

static void check_same(const options *a, const options *b) {
    edo_buf one = { 0 }, other = { 0 };
    EDO_TEST_OK(edo_value_print(&one, a, &options_desc));
    EDO_TEST_OK(edo_value_print(&other, b, &options_desc));
    EDO_TEST_EQ(one.len, other.len);
    EDO_TEST_TRUE(memcmp(one.ptr, other.ptr, one.len) == 0);
    edo_buf_deinit(&one);
    edo_buf_deinit(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static FILE *out;
    if (!out) out = fopen("/dev/null", "w");
    EDO_TEST_TRUE(out != NULL);
    char *bytes = malloc(n + 1);
    EDO_TEST_TRUE(bytes != NULL);
    if (n) memcpy(bytes, data, n);
    bytes[n] = 0;
    edo_arena arena = { 0 };
    options o, again;
    int err = decode(&o, bytes, n, out, NULL);
    EDO_TEST_EQ(decode(&again, bytes, n, out, &arena), err);
    if (err >= 0) {
        check_same(&o, &again);
        EDO_TEST_OK(edo_value_check(&o, &options_desc, NULL, NULL));
        edo_value_deinit(&o, &options_desc);
    } else {
        EDO_TEST_TRUE(edo_trail_find(err) != NULL);
    }
    edo_trail_clear();
    edo_arena_deinit(&arena);
    free(bytes);
    return 0;
}
