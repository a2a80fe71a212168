/* SPDX-License-Identifier: MIT */
/* A program of somebody else that links libedo-http beside libedo. */
#include <edo/http.h>

#include <stdio.h>

int main(void) {
    edo_method method;
    if (edo_method_parse(&method, EDO_STR("PATCH")) < 0 || method != EDO_METHOD_PATCH) return 1;
    return puts(edo_status_reason(EDO_STATUS_NOT_FOUND).ptr) < 0;
}
