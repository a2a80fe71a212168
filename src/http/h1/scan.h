/* SPDX-License-Identifier: MIT */
/* http/h1/scan.h: finds the end of a line, a name, a target; by vectors where the machine has
 * them. */
#ifndef EDOI_HTTP_H1_SCAN_H
#define EDOI_HTTP_H1_SCAN_H

#include <edo/base.h>

/* Each function returns the first byte from `p` on that is not of its kind, or `end`; none reads at
 * or behind `end`. All sets of functions return the same. */
typedef struct edoi_scan {
    const char *name;
    const char *(*line_end)(const char *p, const char *end);   /* no controls but tabs */
    const char *(*token_end)(const char *p, const char *end);  /* bytes of a token */
    const char *(*target_end)(const char *p, const char *end); /* 0x21 to 0x7e */
} edoi_scan;

#define EDOI_SCANS_MAX 3

/* Lists the sets that this machine can run, the fastest last. Returns their number. */
size_t edoi_scans(const edoi_scan *out[EDOI_SCANS_MAX]);

/* Returns the fastest set. */
const edoi_scan *edoi_scan_best(void);

/* The same functions without vectors, for the last bytes, which are too few for one. */
const char *edoi_line_end_scalar(const char *p, const char *end);
const char *edoi_token_end_scalar(const char *p, const char *end);
const char *edoi_target_end_scalar(const char *p, const char *end);

/* Appends the sets of the machine, in scan_<machine>.c, to `out`. Returns how many. */
size_t edoi_scans_of_machine(const edoi_scan *out[]);

#endif
