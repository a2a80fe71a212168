/* SPDX-License-Identifier: MIT */
/* support/own_words.h: what this process prints on standard error between two calls. Standard error
 * is a file meanwhile. */
#ifndef EDO_TESTS_OWN_WORDS_H
#define EDO_TESTS_OWN_WORDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct own_words {
    FILE *file;
    int before; /* the descriptor that was standard error */
} own_words;

static inline own_words own_words_begin(void) {
    own_words w = { .file = tmpfile(), .before = dup(STDERR_FILENO) };
    assert_non_null(w.file);
    (void)fflush(stderr);
    assert_true(w.before >= 0 && dup2(fileno(w.file), STDERR_FILENO) >= 0);
    return w;
}

/* `said` gets the beginning of what was printed, as a text. */
static inline void own_words_end(own_words w, char *said, size_t bytes) {
    (void)fflush(stderr);
    assert_true(dup2(w.before, STDERR_FILENO) >= 0);
    (void)close(w.before);
    rewind(w.file);
    size_t n = fread(said, 1, bytes - 1, w.file);
    said[n] = '\0';
    (void)fclose(w.file);
}

#endif
