/* SPDX-License-Identifier: MIT */
/* http/h1/scan_other.c: a machine whose vectors edo does not use. */
#include "http/h1/scan.h"

size_t edoi_scans_of_machine(const edoi_scan *out[]) {
    (void)out;
    return 0;
}
