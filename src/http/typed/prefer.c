/* SPDX-License-Identifier: MIT */
/* http/typed/prefer.c: elements with a weight. */
#include <edo/http_fields.h>

#include "base/text/decimal.h"
#include "http/typed/param.h"
#include "http/types/list.h"

/* Returns where the `;` of the weight stands in an element, or its length. */
static size_t weight_at(edo_str s) {
    bool is_quoted = false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"') is_quoted = !is_quoted;
        if (is_quoted && s.ptr[i] == '\\') i++;
        if (is_quoted || i >= s.len || s.ptr[i] != ';') continue;
        edo_str param = edoi_trim((edo_str){ s.ptr + i + 1, s.len - i - 1 });
        if (param.len >= 2 && edoi_lower(param.ptr[0]) == 'q' && param.ptr[1] == '=') return i;
    }
    return s.len;
}

/* Returns the weight "0", "0.123" or "1.000" in thousandths, also ".2" as Java's old client has it;
 * -1 if it is none. */
static int prefer_weight_of(edo_str s) {
    size_t end = 0;
    while (end < s.len && s.ptr[end] != ';') end++; // parameters of the weight have no meaning
    s = edoi_trim((edo_str){ s.ptr, end });
    size_t point = s.len > 1 && s.ptr[0] == '.' ? 0 : 1;
    if (s.len == 0 || s.len > point + 4 || (point > 0 && s.ptr[0] != '0' && s.ptr[0] != '1'))
        return -1;
    if (s.len > point && s.ptr[point] != '.') return -1;
    int weight = point > 0 ? (s.ptr[0] - '0') * 1000 : 0, digit = 100;
    for (size_t i = point + 1; i < s.len; i++, digit /= 10) {
        if (!edoi_byte_is(s.ptr[i], EDOI_BYTE_DIGIT)) return -1;
        weight += (s.ptr[i] - '0') * digit;
    }
    return weight <= 1000 ? weight : -1;
}

int edo_accept_next(edo_preference *out, edo_str *rest) {
    edo_str element;
    if (!edoi_list_next(rest, &element)) return 0;
    size_t q = weight_at(element), n = 0;
    int weight = 1000;
    if (q < element.len) {
        edo_str param = edoi_trim((edo_str){ element.ptr + q + 1, element.len - q - 1 });
        weight = prefer_weight_of((edo_str){ param.ptr + 2, param.len - 2 });
    }
    if (weight < 0) return -EINVAL;
    while (n < q && element.ptr[n] != ';') n++;
    *out = (edo_preference){ .value = edoi_trim((edo_str){ element.ptr, n }),
                             .params = edoi_trim((edo_str){ element.ptr + n, q - n }),
                             .weight = (uint16_t)weight };
    return 1;
}

/* ---- Choosing -------------------------------------------------------------------------------- */

int edo_accept_weight(edo_str field, edo_str offered) {
    edo_preference a;
    int weight = field.ptr ? 0 : 1000, got;
    bool is_named = false;
    while ((got = edo_accept_next(&a, &field)) != 0) {
        if (got < 0) continue;
        if (edoi_same_word(a.value, offered)) {
            if (!is_named || a.weight > weight) weight = a.weight;
            is_named = true;
        } else if (!is_named && edo_str_equal(a.value, EDO_STR("*"))) {
            weight = a.weight;
        }
    }
    return weight;
}

/* Does what is offered, which has no parameters, meet those of a range? Text is UTF-8 here, also
 * where its type does not say so. */
static bool prefer_is_met(edo_str params) {
    edo_header_param param;
    int got;
    while ((got = edo_header_param_next(&param, &params)) > 0)
        if (!edoi_same_word(param.name, EDO_STR("charset")) ||
            !edoi_same_word(param.value, EDO_STR("utf-8")))
            return false;
    return got == 0;
}

/* Returns how near a range is to a type: 3 the same, 2 its group, 1 all, 0 another. */
static int prefer_nearness(edo_str range, edo_str offered) {
    if (edoi_same_word(range, offered)) return 3;
    if (edo_str_equal(range, EDO_STR("*/*")) || edo_str_equal(range, EDO_STR("*"))) return 1;
    const char *slash = offered.len > 0 ? memchr(offered.ptr, '/', offered.len) : NULL;
    size_t n = slash ? (size_t)(slash - offered.ptr) + 1 : 0;
    if (n == 0 || range.len != n + 1 || range.ptr[n] != '*') return 0;
    return edoi_same_word((edo_str){ range.ptr, n }, (edo_str){ offered.ptr, n }) ? 2 : 0;
}

int edo_accept_media_weight(edo_str field, edo_str offered) {
    edo_preference a;
    int weight = field.ptr ? 0 : 1000, nearest = 0, got;
    while ((got = edo_accept_next(&a, &field)) != 0) {
        if (got < 0 || !prefer_is_met(a.params)) continue;
        int near = prefer_nearness(a.value, offered);
        if (near > nearest || (near > 0 && near == nearest && a.weight > weight)) {
            nearest = near;
            weight = a.weight;
        }
    }
    return weight;
}

/* Is it like "gzip", "text/html", or a range with "*"? */
static bool prefer_is_value(edo_str s) {
    const char *slash = s.len > 0 ? memchr(s.ptr, '/', s.len) : NULL;
    size_t n = slash ? (size_t)(slash - s.ptr) : s.len;
    if (!edoi_is_token((edo_str){ s.ptr, n })) return false;
    return !slash || edoi_is_token((edo_str){ slash + 1, s.len - n - 1 });
}

int edo_preference_print(const edo_preference *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edo_header_param param;
    edo_str params = self->params;
    int got;
    edoi_put_between(&put, EDO_STR(", "));
    edoi_put_check(&put, prefer_is_value(self->value) && self->weight <= 1000);
    edoi_put_str(&put, self->value);
    while ((got = edo_header_param_next(&param, &params)) > 0 && put.err == 0) {
        edoi_put_check(&put, !edoi_same_word(param.name, EDO_STR("q")));
        if (put.err == 0) put.err = edo_header_param_print(&param, out);
    }
    edoi_put_check(&put, got >= 0);
    if (self->weight == 1000) return edoi_put_end(&put);
    char weight[] = ";q=0.000";
    (void)edoi_decimal_print_fixed(weight + 5, self->weight, 3);
    size_t n = 8;
    while (weight[n - 1] == '0' && n > 5) n--;
    edoi_put_str(&put, (edo_str){ weight, n == 5 ? 4 : n });
    return edoi_put_end(&put);
}
