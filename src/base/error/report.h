/* SPDX-License-Identifier: MIT */
/* base/error/report.h: builds a text in memory, so that it is written in one piece: other threads'
 * output could be mixed into a report made by several calls of fprintf().
 *
 * The text may be longer than the memory: the rest is counted and dropped. */
#ifndef EDOI_BASE_ERROR_REPORT_H
#define EDOI_BASE_ERROR_REPORT_H

#include "base/error/escape.h"

typedef struct edoi_report {
    char *at;    /* destination, without a terminator; may be NULL if `room` is 0 */
    size_t room; /* bytes there */
    size_t from; /* bytes of the text to skip at its beginning: to write it piece by piece */
    size_t n;    /* length of the whole text, including skipped and dropped bytes */
} edoi_report;

/* Adds `n` bytes unchanged. */
void edoi_report_put(edoi_report *r, const char *s, size_t n);

/* Adds a string unchanged. */
void edoi_report_text(edoi_report *r, const char *s);

/* Adds an untrusted string, escaped. */
void edoi_report_escaped(edoi_report *r, const char *s, edoi_escape form);

void edoi_report_number(edoi_report *r, int64_t number);

#endif
