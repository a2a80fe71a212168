/* SPDX-License-Identifier: MIT */
/* hpack_vectors.h: lists of fields, and what encoders of HPACK have made of them; see
 * vectors/README.md. */
#ifndef EDO_TESTS_HTTP2_HPACK_VECTORS_H
#define EDO_TESTS_HTTP2_HPACK_VECTORS_H

#include "inside.h"

#include <edo/edo.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS    EDO_TEST_SOURCE_DIR "/tests/http2/vectors/"
#define LISTS_MAX  1000
#define FIELDS_MAX 100

typedef struct list {
    int story, number;
    edo_str names[FIELDS_MAX], values[FIELDS_MAX];
    size_t n;
} list;

static list lists[LISTS_MAX];
static size_t lists_n;

/* ---- The lists ------------------------------------------------------------------------------- */

static inline char *load(const char *path) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    char *text = calloc(1, 1 << 20);
    CHECK(text != NULL);
    CHECK(fread(text, 1, (1 << 20) - 1, file) > 0);
    (void)fclose(file);
    return text;
}

static inline void read_lists(char *text) {
    lists_n = 0;
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        CHECK(end && lists_n < LISTS_MAX);
        list *l = &lists[lists_n++];
        *l = (list){ .story = (int)strtol(line, NULL, 10),
                     .number = (int)strtol(strchr(line, '\t'), NULL, 10) };
        for (line = end + 1; *line != '\n'; line = end + 1) {
            end = strchr(line, '\n');
            char *tab = strchr(line, '\t');
            CHECK(l->n < FIELDS_MAX && tab < end);
            l->names[l->n] = (edo_str){ line, (size_t)(tab - line) };
            l->values[l->n++] = (edo_str){ tab + 1, (size_t)(end - tab - 1) };
        }
        end = line;
    }
}

static inline const list *list_of(int story, int number) {
    for (size_t i = 0; i < lists_n; i++)
        if (lists[i].story == story && lists[i].number == number) return &lists[i];
    return NULL;
}

static inline edo_str field_of(const list *l, const char *name) {
    for (size_t i = 0; i < l->n; i++)
        if (edo_str_equal(l->names[i], edo_str_of(name))) return l->values[i];
    return (edo_str){ 0 };
}

static inline size_t read_hex(const char *hex, uint8_t *to, size_t room) {
    size_t n = 0;
    for (unsigned byte; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++) {
        CHECK(n < room);
        to[n] = (uint8_t)byte;
    }
    return n;
}

#endif
