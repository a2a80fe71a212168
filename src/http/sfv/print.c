/* SPDX-License-Identifier: MIT */
/* http/sfv/print.c: structured fields in their one form (RFC 9651 section 4.1). */
#include "base/text/decimal.h"
#include "http/sfv/text.h"
#include "http/typed/put.h"
#include "http/types/bytes_of.h"

/* ---- Bare items ------------------------------------------------------------------------------ */

static void put_integer(edoi_put *put, int64_t n) {
    edoi_put_check(put, n <= EDO_SFV_INTEGER_MAX && n >= -EDO_SFV_INTEGER_MAX);
    if (n < 0) edoi_put_str(put, EDO_STR("-"));
    edoi_put_number(put, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* Appends a number like "1.5": at least one digit behind the point, and no zeros at the end. */
static void put_decimal(edoi_put *put, int64_t n) {
    uint64_t all = n < 0 ? 0 - (uint64_t)n : (uint64_t)n, behind = all % 1000;
    char digits[4] = ".";
    size_t digits_n = sizeof digits;
    (void)edoi_decimal_print_fixed(digits + 1, behind, 3);
    while (digits_n > 2 && digits[digits_n - 1] == '0') digits_n--;
    edoi_put_check(put, all <= (uint64_t)EDO_SFV_INTEGER_MAX);
    if (n < 0) edoi_put_str(put, EDO_STR("-"));
    edoi_put_number(put, all / 1000);
    edoi_put_str(put, (edo_str){ digits, digits_n });
}

/* Appends base64 with padding, and without set bits that belong to no byte. */
static void sfv_put_bytes(edoi_put *put, edo_str text) {
    edo_buf bytes = { 0 };
    edoi_put_str(put, EDO_STR(":"));
    if (put->err == 0) put->err = edo_base64_decode(text, EDO_BASE64_LAX, &bytes);
    if (put->err == 0) put->err = edo_base64_encode((edo_str){ bytes.ptr, bytes.len }, put->out);
    edoi_put_str(put, EDO_STR(":"));
    edo_buf_deinit(&bytes);
}

/* Appends a display string. As it came it may have percent sequences for bytes that need none. */
static void sfv_put_display(edoi_put *put, const edo_sfv_item *item) {
    edo_buf plain = { 0 };
    edoi_put_str(put, EDO_STR("%\""));
    if (put->err == 0) put->err = edo_sfv_decode(item, &plain);
    if (put->err == 0)
        put->err = edo_sfv_encode(EDO_SFV_DISPLAY, (edo_str){ plain.ptr, plain.len }, put->out);
    edoi_put_str(put, EDO_STR("\""));
    edo_buf_deinit(&plain);
}

static void put_bare(edoi_put *put, const edo_sfv_item *item) {
    switch (item->kind) {
    case EDO_SFV_INTEGER: put_integer(put, item->n); return;
    case EDO_SFV_DECIMAL: put_decimal(put, item->n); return;
    case EDO_SFV_BOOLEAN: edoi_put_str(put, item->n ? EDO_STR("?1") : EDO_STR("?0")); return;
    case EDO_SFV_BYTES: sfv_put_bytes(put, item->text); return;
    case EDO_SFV_DISPLAY: sfv_put_display(put, item); return;
    case EDO_SFV_DATE:
        edoi_put_str(put, EDO_STR("@"));
        put_integer(put, item->n);
        return;
    case EDO_SFV_TOKEN:
        edoi_put_check(put, edoi_sfv_is_text(item->kind, item->text));
        edoi_put_str(put, item->text);
        return;
    case EDO_SFV_STRING:
        edoi_put_check(put, edoi_sfv_is_text(item->kind, item->text));
        edoi_put_str(put, EDO_STR("\""));
        edoi_put_str(put, item->text);
        edoi_put_str(put, EDO_STR("\""));
        return;
    case EDO_SFV_INNER: break;
    }
    edoi_put_check(put, false);
}

/* ---- Items with parameters ------------------------------------------------------------------- */

static void put_param(edoi_put *put, edo_str key, const edo_sfv_item *item) {
    edoi_put_check(put, edoi_sfv_is_key(key));
    edoi_put_str(put, EDO_STR(";"));
    edoi_put_str(put, key);
    if (item->kind == EDO_SFV_BOOLEAN && item->n) return;
    edoi_put_str(put, EDO_STR("="));
    put_bare(put, item);
}

static void put_params(edoi_put *put, edo_str params) {
    edo_sfv_item value;
    edo_str key;
    int got;
    while ((got = edo_sfv_param_next(&key, &value, &params)) > 0) put_param(put, key, &value);
    edoi_put_check(put, got == 0);
}

static void sfv_put_item(edoi_put *put, const edo_sfv_item *item) {
    if (item->kind != EDO_SFV_INNER) {
        put_bare(put, item);
        put_params(put, item->params);
        return;
    }
    edo_str elements = item->text, between = EDO_STR("");
    edo_sfv_item element;
    int got;
    edoi_put_str(put, EDO_STR("("));
    while ((got = edo_sfv_inner_next(&element, &elements)) > 0) {
        edoi_put_str(put, between);
        put_bare(put, &element);
        put_params(put, element.params);
        between = EDO_STR(" ");
    }
    edoi_put_check(put, got == 0);
    edoi_put_str(put, EDO_STR(")"));
    put_params(put, item->params);
}

int edo_sfv_item_print(const edo_sfv_item *item, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    sfv_put_item(&put, item);
    return edoi_put_end(&put);
}

int edo_sfv_list_print(const edo_sfv_item *item, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_between(&put, EDO_STR(", "));
    sfv_put_item(&put, item);
    return edoi_put_end(&put);
}

int edo_sfv_dict_print(edo_str key, const edo_sfv_item *item, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_between(&put, EDO_STR(", "));
    edoi_put_check(&put, edoi_sfv_is_key(key));
    edoi_put_str(&put, key);
    if (item->kind == EDO_SFV_BOOLEAN && item->n) {
        put_params(&put, item->params);
    } else {
        edoi_put_str(&put, EDO_STR("="));
        sfv_put_item(&put, item);
    }
    return edoi_put_end(&put);
}

int edo_sfv_inner_print(const edo_sfv_item *item, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_between(&put, EDO_STR(" "));
    edoi_put_check(&put, item->kind != EDO_SFV_INNER);
    sfv_put_item(&put, item);
    return edoi_put_end(&put);
}

int edo_sfv_param_print(edo_str key, const edo_sfv_item *item, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, item->params.len == 0);
    put_param(&put, key, item);
    return edoi_put_end(&put);
}
