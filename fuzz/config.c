/* SPDX-License-Identifier: MIT */
/* fuzz/config.c: a whole configuration: a JSON file, environment variables and arguments, in this
 * order, with a NUL between them; of the second part each line is the value of one variable.
 * Properties: what was loaded is as described; it is the same from an arena and from the heap; of
 * every field the source is told; an error has a text. */
#include "fuzz.h"

#include <edo/config.h>
#include <edo/error.h>
#include <edo/test.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct limits {
    int32_t depth;
    edo_duration wait;
} limits;
EDO_DESCRIBE(limits, EDO_FIELD(limits, depth, .preset = "3", .max = 99),
             EDO_FIELD(limits, wait, .preset = "1s"))

typedef struct options {
    int16_t num;
    bool yes;
    double ratio;
    edo_str *list;
    size_t list_n;
    const char *text;
    limits in;
    edo_str secret;
} options;
EDO_DESCRIBE(options, EDO_FIELD(options, num, .letter = 'n', .max = 1000, .optional = true),
             EDO_FIELD(options, yes, .letter = 'y'), EDO_FIELD(options, ratio, .preset = "0.5"),
             EDO_FIELD_LIST(options, list, list_n, .letter = 'l', .max_len = 4),
             EDO_FIELD(options, text, .optional = true, .pattern = "[^x]*"),
             EDO_FIELD_OF(options, in, limits_desc),
             EDO_FIELD(options, secret, .preset = "s", .secret = true))

static const char *const variables[] = { "FUZZ_NUM",  "FUZZ_YES",      "FUZZ_LIST",
                                         "FUZZ_TEXT", "FUZZ_IN_DEPTH", "FUZZ_SECRET" };
#define FIELDS 8 /* lines of sources: each field that is no struct */

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED(
        "{\"num\":1,\"yes\":true,\"list\":[\"a\",\"b\"],\"in\":{\"depth\":5,\"wait\":\"2s\"}}\0"
        "5\ntrue\nc\nd\n7\ne\0"
        "--num=9\0--in-wait\0"
        "3m\0-ly"),
    FUZZ_SEED("{\"ratio\":1e-3,\"text\":null,\"secret\":\"\\u00e9\"}\0\n\n\nab\0--text=c"),
    FUZZ_SEED("{}\0\0"),
    FUZZ_SEED("{\"nmu\":1}\0"
              "1001\0--help"),
    FUZZ_SEED("[1]\0\0--list=a\0--list=b\0-y"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* Takes what stands before the next `end` off the front of `*rest`. */
static edo_str take(edo_str *rest, char end) {
    const char *found = rest->len > 0 ? memchr(rest->ptr, end, rest->len) : NULL;
    edo_str part = { rest->ptr, found ? (size_t)(found - rest->ptr) : rest->len };
    size_t gone = found ? part.len + 1 : part.len;
    if (gone > 0) *rest = (edo_str){ rest->ptr + gone, rest->len - gone };
    return part;
}

static void write_file(int fd, edo_str json) {
    EDO_TEST_EQ(ftruncate(fd, 0), 0);
    if (json.len > 0) EDO_TEST_EQ(pwrite(fd, json.ptr, json.len, 0), (ssize_t)json.len);
}

static void set_variables(edo_str lines) {
    for (size_t i = 0; i < EDO_COUNT(variables); i++) {
        char value[64];
        edo_str line = take(&lines, '\n');
        size_t n = line.len < sizeof value ? line.len : sizeof value - 1;
        if (n > 0) memcpy(value, line.ptr, n);
        value[n] = 0;
        int err = n > 0 ? setenv(variables[i], value, 1) : unsetenv(variables[i]);
        EDO_TEST_EQ(err, 0);
    }
}

static size_t lines_of(const edo_buf *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++) n += b->ptr[i] == '\n';
    return n;
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

static void check_loads(int argc, char **argv, const edo_config_opts *opts) {
    edo_arena arena = { 0 };
    edo_buf sources = { 0 };
    edo_config_opts own = *opts;
    options o, again;
    own.sources = &sources;
    int err = edo_config_load(&o, &options_desc, argc, argv, &own);
    own.sources = NULL;
    own.arena = &arena;
    EDO_TEST_EQ(edo_config_load(&again, &options_desc, argc, argv, &own), err);
    if (err >= 0) {
        check_same(&o, &again);
        EDO_TEST_OK(edo_value_check(&o, &options_desc, NULL, NULL));
        if (err == 0) EDO_TEST_EQ(lines_of(&sources), FIELDS);
        edo_value_deinit(&o, &options_desc);
    } else {
        EDO_TEST_TRUE(err == -EINVAL || err == -EDO_EVALUE || err == -EDO_EJSON);
        EDO_TEST_TRUE(edo_trail_find(err) != NULL);
    }
    edo_trail_clear();
    edo_buf_deinit(&sources);
    edo_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static int fd = -1;
    static FILE *out;
    static char path[32];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        out = fopen("/dev/null", "w");
        EDO_TEST_TRUE(fd >= 0 && out != NULL);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    edo_str rest = { n > 0 ? (const char *)data : "", n };
    char *argv[32] = { (char[]){ "fuzz" } };
    int argc = 1;
    write_file(fd, take(&rest, 0));
    set_variables(take(&rest, 0));
    char *args = malloc(rest.len + 1);
    EDO_TEST_TRUE(args != NULL);
    memcpy(args, rest.ptr, rest.len);
    args[rest.len] = 0;
    for (size_t at = 0; at < rest.len && argc < 32; at += strlen(args + at) + 1)
        argv[argc++] = args + at;
    check_loads(argc, argv, &(edo_config_opts){ .env_prefix = "FUZZ", .file = path, .out = out });
    free(args);
    return 0;
}
