/* SPDX-License-Identifier: MIT */
/* http/typed/param.c: see param.h. */
#include "http/typed/param.h"

#include "http/types/list.h"

#define SECONDS_MAX INT64_C(2147483648) /* RFC 9111 section 1.2.2: what is above is taken for it */

bool edoi_same_word(edo_str a, edo_str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (edoi_lower(a.ptr[i]) != edoi_lower(b.ptr[i])) return false;
    return true;
}

/* ---- One parameter --------------------------------------------------------------------------- */

static edo_str take_token(edo_str *rest) {
    size_t n = 0;
    while (n < rest->len && edoi_byte_is(rest->ptr[n], EDOI_BYTE_TOKEN)) n++;
    edo_str token = { rest->ptr, n };
    *rest = edoi_after(*rest, n);
    return token;
}

/* Returns where the quote stands that ends the text, or `s.len`. */
static size_t quote_at(edo_str s) {
    size_t n = 0;
    for (; n < s.len && s.ptr[n] != '"'; n++) {
        if (s.ptr[n] == '\\' && ++n == s.len) break;
        if (!edoi_byte_is(s.ptr[n], EDOI_BYTE_VALUE)) return s.len;
    }
    return n;
}

bool edoi_is_quotable(edo_str s) {
    size_t n = 0;
    while (n < s.len && s.ptr[n] != '"' && edoi_byte_is(s.ptr[n], EDOI_BYTE_VALUE)) {
        if (s.ptr[n] == '\\' && (++n == s.len || !edoi_byte_is(s.ptr[n], EDOI_BYTE_VALUE)))
            return false;
        n++;
    }
    return n == s.len;
}

bool edoi_param_text(edo_str *text, edo_str *rest) {
    if (rest->len == 0 || rest->ptr[0] != '"') {
        *text = take_token(rest);
        return text->len > 0;
    }
    edo_str inner = edoi_after(*rest, 1);
    size_t n = quote_at(inner);
    if (n >= inner.len) return false;
    *text = (edo_str){ inner.ptr, n };
    *rest = edoi_after(inner, n + 1);
    return true;
}

/* Takes a parameter of a cookie, which goes up to the next `;`. */
static int cookie_param(edo_header_param *out, edo_str *rest) {
    const char *end = memchr(rest->ptr, ';', rest->len);
    edo_str all = { rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len };
    const char *equals = all.len > 0 ? memchr(all.ptr, '=', all.len) : NULL;
    size_t n = equals ? (size_t)(equals - all.ptr) : all.len;
    *rest = edoi_after(*rest, all.len);
    out->name = edoi_trim((edo_str){ all.ptr, n });
    out->value = equals ? edoi_trim(edoi_after(all, n + 1)) : (edo_str){ NULL, 0 };
    return 1;
}

static int one_param(edo_header_param *out, edo_str *rest, edoi_param_form form, char separator) {
    bool may_have_blanks = form != EDOI_PARAM_STRICT;
    out->name = take_token(rest);
    out->value = (edo_str){ NULL, 0 };
    if (out->name.len == 0) return -EINVAL;
    edo_str behind = *rest;
    edoi_skip(&behind, " \t");
    if (may_have_blanks && behind.len > 0 && behind.ptr[0] == '=') *rest = behind;
    if (rest->len > 0 && rest->ptr[0] == '=') {
        *rest = edoi_after(*rest, 1);
        if (may_have_blanks) edoi_skip(rest, " \t");
        if (!edoi_param_text(&out->value, rest)) return -EINVAL;
    }
    edoi_skip(rest, " \t");
    return rest->len == 0 || rest->ptr[0] == separator ? 1 : -EINVAL;
}

int edoi_param_next(edo_header_param *out, edo_str *rest, edoi_param_form form) {
    char separator = form == EDOI_PARAM_COMMA ? ',' : ';';
    edoi_skip(rest, form == EDOI_PARAM_COMMA ? ", \t" : "; \t");
    if (rest->len == 0) return 0;
    if (form == EDOI_PARAM_COOKIE) return cookie_param(out, rest);
    edo_header_param param;
    int got = one_param(&param, rest, form, separator);
    if (got > 0)
        *out = param;
    else
        *rest = edoi_after(*rest, rest->len);
    return got;
}

/* ---- Tables: reading ------------------------------------------------------------------------- */

static const edoi_param_row *params_row_of(const edoi_params *table, edo_str name) {
    for (size_t i = 0; i < table->rows_n; i++)
        if (edoi_same_word(name, edo_str_of(table->rows[i].name))) return &table->rows[i];
    return NULL;
}

/* Reads digits. A number that is too large becomes SECONDS_MAX. */
static bool seconds(int64_t *out, edo_str s) {
    int64_t n = 0;
    if (s.len == 0 || !edoi_bytes_are(s, EDOI_BYTE_DIGIT)) return false;
    for (size_t i = 0; i < s.len && n < SECONDS_MAX; i++) n = n * 10 + (s.ptr[i] - '0');
    *out = n < SECONDS_MAX ? n : SECONDS_MAX;
    return true;
}

static bool param_number(int64_t *out, edoi_param_kind kind, edo_str s, int64_t now) {
    if (kind == EDOI_PARAM_DATE) return edo_http_date_parse(out, s, now) == 0;
    bool is_negative = kind == EDOI_PARAM_SIGNED && s.ptr && s.len > 0 && s.ptr[0] == '-';
    if (!seconds(out, is_negative ? edoi_after(s, 1) : s)) return false;
    if (is_negative) *out = -*out;
    return true;
}

static bool param_row_take(const edoi_param_row *row, char *out, edo_str value, int64_t now) {
    edo_header_number found = { .is_there = true, .n = INT64_MAX };
    switch (row->kind) {
    case EDOI_PARAM_FLAG_OF:
        if (value.ptr) memcpy(out + row->more, &value, sizeof value);
        break;
    case EDOI_PARAM_FLAG: break;
    case EDOI_PARAM_TEXT:
        if (!value.ptr) return false;
        memcpy(out + row->at, &value, sizeof value);
        return true;
    case EDOI_PARAM_LEEWAY:
    case EDOI_PARAM_SECONDS:
    case EDOI_PARAM_SIGNED:
    case EDOI_PARAM_DATE:
        if (value.ptr || row->kind != EDOI_PARAM_LEEWAY)
            if (!param_number(&found.n, row->kind, value, now)) return false;
        memcpy(out + row->at, &found, sizeof found);
        return true;
    }
    memcpy(out + row->at, &(bool){ true }, sizeof(bool));
    return true;
}

int edoi_params_read(const edoi_params *table, void *out, edo_str params, int64_t now) {
    uint32_t seen = 0;
    edo_header_param param;
    int got;
    while ((got = edoi_param_next(&param, &params, table->form)) > 0) {
        const edoi_param_row *row = params_row_of(table, param.name);
        if (!row) continue;
        uint32_t bit = UINT32_C(1) << (row - table->rows);
        if (seen & bit && table->twice == EDOI_REFUSE_TWICE) return -EINVAL;
        if (seen & bit && table->twice == EDOI_FIRST_COUNTS) continue;
        seen |= bit;
        // In a lax table the value of a flag is ignored.
        bool is_bad = row->kind == EDOI_PARAM_FLAG && param.value.ptr && !table->is_lax;
        if ((is_bad || !param_row_take(row, out, param.value, now)) && !table->is_lax)
            return -EINVAL;
    }
    return got;
}

/* ---- Tables: printing ------------------------------------------------------------------------ */

static void param_row_put_number(const edoi_param_row *row, int64_t n, edoi_put *put) {
    char date[EDO_HTTP_DATE_BYTES];
    if (row->kind == EDOI_PARAM_LEEWAY && n == INT64_MAX) return;
    edoi_put_str(put, EDO_STR("="));
    if (row->kind == EDOI_PARAM_DATE) {
        int err = edo_http_date_print(n, date);
        if (put->err == 0) put->err = err;
        if (err == 0) edoi_put_str(put, edo_str_of(date));
        return;
    }
    edoi_put_check(put, n >= 0 || row->kind == EDOI_PARAM_SIGNED);
    if (n < 0) edoi_put_str(put, EDO_STR("-"));
    edoi_put_number(put, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

static void params_put_text(const edoi_params *table, edo_str s, edoi_put *put) {
    edoi_put_str(put, EDO_STR("="));
    if (table->form != EDOI_PARAM_COOKIE) {
        edoi_put_text(put, s);
        return;
    }
    edoi_put_check(put,
                   edoi_bytes_are(s, EDOI_BYTE_VALUE) && !(s.len && memchr(s.ptr, ';', s.len)));
    edoi_put_check(put, edoi_trim(s).len == s.len);
    edoi_put_str(put, s);
}

static void params_put_name(const edoi_params *table, const edoi_param_row *row, edoi_put *put) {
    edo_str between = table->form == EDOI_PARAM_COMMA ? EDO_STR(", ") : EDO_STR("; ");
    if (put->out->len > put->before) edoi_put_str(put, between);
    edoi_put_str(put, edo_str_of(row->name));
}

void edoi_params_put(const edoi_params *table, const void *in, edoi_put *put) {
    for (size_t i = 0; i < table->rows_n; i++) {
        const edoi_param_row *row = &table->rows[i];
        const char *at = (const char *)in + row->at;
        bool is_flag = row->kind == EDOI_PARAM_FLAG || row->kind == EDOI_PARAM_FLAG_OF;
        edo_header_number number = { 0 };
        edo_str text = { NULL, 0 };
        bool is_set = false;
        if (is_flag) memcpy(&is_set, at, sizeof is_set);
        if (row->kind == EDOI_PARAM_TEXT) memcpy(&text, at, sizeof text);
        if (!is_flag && row->kind != EDOI_PARAM_TEXT) memcpy(&number, at, sizeof number);
        if (!is_set && !text.ptr && !number.is_there) continue;
        params_put_name(table, row, put);
        if (row->kind == EDOI_PARAM_FLAG_OF)
            memcpy(&text, (const char *)in + row->more, sizeof text);
        if (text.ptr) params_put_text(table, text, put);
        if (number.is_there) param_row_put_number(row, number.n, put);
    }
}

/* ---- Public ---------------------------------------------------------------------------------- */

bool edo_header_next(edo_str *element, edo_str *rest) {
    return edoi_list_next(rest, element);
}

bool edo_header_has(edo_str list, edo_str word) {
    edo_str element;
    while (edoi_list_next(&list, &element))
        if (edoi_same_word(element, word)) return true;
    return false;
}

int edo_header_param_next(edo_header_param *out, edo_str *rest) {
    return edoi_param_next(out, rest, EDOI_PARAM_STRICT);
}

edo_str edo_header_param_get(edo_str params, edo_str name) {
    edo_header_param param;
    while (edo_header_param_next(&param, &params) > 0)
        if (edoi_same_word(param.name, name)) return param.value.ptr ? param.value : EDO_STR("");
    return (edo_str){ NULL, 0 };
}

int edo_header_param_print(const edo_header_param *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_str(&put, EDO_STR(";"));
    edoi_put_token(&put, self->name);
    if (self->value.ptr) {
        edoi_put_str(&put, EDO_STR("="));
        edoi_put_text(&put, self->value);
    }
    return edoi_put_end(&put);
}

int edo_header_unquote(edo_str text, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len) i++;
        edoi_put_str(&put, (edo_str){ text.ptr + i, 1 });
    }
    return edoi_put_end(&put);
}

int edo_header_quote(edo_str text, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, edoi_bytes_are(text, EDOI_BYTE_VALUE));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' || text.ptr[i] == '"') edoi_put_str(&put, EDO_STR("\\"));
        edoi_put_str(&put, (edo_str){ text.ptr + i, 1 });
    }
    return edoi_put_end(&put);
}
