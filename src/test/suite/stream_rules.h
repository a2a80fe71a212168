/* SPDX-License-Identifier: MIT */
/* test/suite/stream_rules.h: the rules of edo_test_stream_suite(). */
#ifndef EDOI_TEST_SUITE_STREAM_RULES_H
#define EDOI_TEST_SUITE_STREAM_RULES_H

#include <edo/test.h>

/* A pair under test: what is written to `a` is read from `b`, and the other way round unless
 * `one_way`. A rule closes neither, but for the ends that it replaces by NULL. */
typedef struct edoi_suite_pair {
    edo_stream *a, *b;
    const edo_test_suite_opts *opts;
    const char *rule;
} edoi_suite_pair;

typedef void edoi_suite_rule(edoi_suite_pair *p);

/* Fails, with the rule's name, unless `is` is `want`. */
#define EDOI_SUITE_EQ(p, is, want) edoi_suite_eq((p), (int64_t)(is), (int64_t)(want), #is, __LINE__)
void edoi_suite_eq(const edoi_suite_pair *p, int64_t is, int64_t want, const char *what, int line);

/* Writes until the stream has been full for a while; returns how many bytes it took. */
size_t edoi_suite_fill(edoi_suite_pair *p);

/* stream_bytes.c */
edoi_suite_rule edoi_suite_cut_anyhow, edoi_suite_both_ways, edoi_suite_vectors, edoi_suite_peek,
    edoi_suite_back_pressure, edoi_suite_cancelled_read, edoi_suite_cancelled_write;

/* stream_ends.c */
edoi_suite_rule edoi_suite_end_of_input, edoi_suite_half_close, edoi_suite_closed_here,
    edoi_suite_closed_there, edoi_suite_close_wakes_reader, edoi_suite_close_wakes_writer,
    edoi_suite_ready, edoi_suite_references;

#endif
