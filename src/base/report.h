/* SPDX-License-Identifier: MIT */
/* base/report.h: a text that is built in memory, so that it reaches its reader in one piece: a
 * report of several calls of fprintf() is torn by what other threads print.
 *
 * The text may be longer than the memory: the rest is counted and left out. */
#ifndef EDOI_BASE_REPORT_H
#define EDOI_BASE_REPORT_H

#include "base/escape.h"

typedef struct edoi_report {
    char *at;    /* where the text goes, without an end; may be NULL if `room` is 0 */
    size_t room; /* bytes there */
    size_t from; /* bytes of the text to leave out at its beginning: to write it piece by piece */
    size_t n;    /* bytes of the whole text, also those left out */
} edoi_report;

/* Adds `n` bytes as they are. */
void edoi_report_put(edoi_report *r, const char *s, size_t n);

/* Adds a string as it is. */
void edoi_report_text(edoi_report *r, const char *s);

/* Adds a string whose bytes come from outside. */
void edoi_report_escaped(edoi_report *r, const char *s, edoi_escape form);

void edoi_report_number(edoi_report *r, int64_t number);

#endif
