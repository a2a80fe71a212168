/* SPDX-License-Identifier: MIT */
/* grpc/wire/timeout.c: see timeout.h. */
#include "grpc/wire/timeout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define DIGITS_MAX    8u
#define MS_DIGITS_MAX 10u
#define NUMBER_MAX    INT64_C(99999999)

/* From the finest on. */
static const struct {
    char letter;
    int64_t ns;
} units[] = {
    { 'n', 1 },
    { 'u', INT64_C(1000) },
    { 'm', INT64_C(1000000) },
    { 'S', INT64_C(1000000000) },
    { 'M', INT64_C(60000000000) },
    { 'H', INT64_C(3600000000000) },
};

static int timeout_digits(edo_str text, size_t most, int64_t *out) {
    int64_t number = 0;
    if (text.len == 0 || text.len > most) return -EINVAL;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -EINVAL;
        number = number * 10 + (text.ptr[i] - '0');
    }
    *out = number;
    return 0;
}

int edoi_grpc_timeout_ms_parse(edo_str text, edo_duration *out) {
    int64_t number = 0;
    int err = timeout_digits(text, MS_DIGITS_MAX, &number);
    if (err == 0) *out = edo_ms(number);
    return err;
}

int edoi_grpc_timeout_parse(edo_str text, edo_duration *out) {
    int64_t number = 0;
    if (text.len == 0) return -EINVAL;
    const size_t n = text.len - 1;
    int err = timeout_digits((edo_str){ text.ptr, n }, DIGITS_MAX, &number);
    if (err < 0) return err;
    for (size_t i = 0; i < EDO_COUNT(units); i++) {
        if (units[i].letter != text.ptr[n]) continue;
        *out = edoi_duration_of(number, units[i].ns);
        return 0;
    }
    return -EINVAL;
}

size_t edoi_grpc_timeout_print(char *text, edo_duration d) {
    size_t i = 0;
    while (i + 1 < EDO_COUNT(units) && d.ns > NUMBER_MAX * units[i].ns) i++;
    int64_t number = d.ns / units[i].ns + (d.ns % units[i].ns > 0);
    int n = snprintf(text, EDOI_GRPC_TIMEOUT_TEXT, "%" PRId64 "%c", number, units[i].letter);
    return n > 0 ? (size_t)n : 0;
}
