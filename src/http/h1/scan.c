/* SPDX-License-Identifier: MIT */
/* http/h1/scan.c: the functions that look at single bytes, and the choice of a set. */
#include "http/h1/scan.h"

#include "http/types/bytes_of.h"

const char *edoi_line_end_scalar(const char *p, const char *end) {
    while (p < end && edoi_byte_is(*p, EDOI_BYTE_VALUE)) p++;
    return p;
}

const char *edoi_token_end_scalar(const char *p, const char *end) {
    while (p < end && edoi_byte_is(*p, EDOI_BYTE_TOKEN)) p++;
    return p;
}

const char *edoi_target_end_scalar(const char *p, const char *end) {
    while (p < end && (unsigned char)*p > 0x20 && (unsigned char)*p < 0x7f) p++;
    return p;
}

static const edoi_scan scalar = {
    .name = "scalar",
    .line_end = edoi_line_end_scalar,
    .token_end = edoi_token_end_scalar,
    .target_end = edoi_target_end_scalar,
};

size_t edoi_scans(const edoi_scan *out[EDOI_SCANS_MAX]) {
    out[0] = &scalar;
    return 1 + edoi_scans_of_machine(out + 1);
}

const edoi_scan *edoi_scan_best(void) {
    const edoi_scan *all[EDOI_SCANS_MAX];
    return all[edoi_scans(all) - 1];
}
