/* SPDX-License-Identifier: MIT */
/* support/http1_file.h: what stands in tests/http/vectors/http1.tsv; its README says what that
 * is. */
#ifndef EDO_TESTS_HTTP1_FILE_H
#define EDO_TESTS_HTTP1_FILE_H

#include "inside.h"

#include <string.h>

#define LINE_MAX_BYTES 65536

typedef struct vector {
    char *id, *side, *expect, *server;
    char *bytes;
    size_t n;
    char *messages; /* as it stands there */
} vector;

static inline unsigned digit(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* In place. */
static inline size_t from_hex(char *text) {
    size_t n = strlen(text) / 2;
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    return n;
}

static inline void each_vector(void (*fn)(const vector *v)) {
    FILE *file = fopen(EDO_TEST_SOURCE_DIR "/tests/http/vectors/http1.tsv", "r");
    EDO_TEST_TRUE(file);
    static char line[LINE_MAX_BYTES];
    size_t n = 0;
    for (; fgets(line, sizeof line, file); n++) {
        char *next = line, *field[6];
        line[strcspn(line, "\n")] = 0;
        for (size_t i = 0; i < 6; i++) field[i] = strsep(&next, "\t");
        EDO_TEST_TRUE(field[5]);
        vector v = { field[0], field[1], field[2], field[3], field[4], 0, field[5] };
        v.n = from_hex(v.bytes);
        fn(&v);
    }
    EDO_TEST_EQ(n, 319);
    (void)fclose(file);
}

#endif
