/* SPDX-License-Identifier: MIT */
/* base/error/report.c: see report.h. */
#include "base/error/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void edoi_report_put(edoi_report *r, const char *s, size_t n) {
    for (size_t i = 0; i < n; i++, r->n++)
        if (r->n >= r->from && r->n - r->from < r->room) r->at[r->n - r->from] = s[i];
}

void edoi_report_text(edoi_report *r, const char *s) {
    edoi_report_put(r, s, strlen(s));
}

void edoi_report_escaped(edoi_report *r, const char *s, edoi_escape form) {
    char one[EDOI_ESCAPE_ONE_MAX];
    for (size_t n = strlen(s), took; n > 0; s += took, n -= took) {
        took = edoi_escape_plain(s, n);
        if (took > 0) {
            edoi_report_put(r, s, took);
        } else {
            edoi_report_put(r, one, edoi_escape_one(one, s, n, form, &took));
        }
    }
}

void edoi_report_number(edoi_report *r, int64_t number) {
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRId64, number);
    edoi_report_text(r, digits);
}
