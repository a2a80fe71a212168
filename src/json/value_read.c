/* SPDX-License-Identifier: MIT */
/* json/value_read.c: what a tree has. */
#include "json/value.h"

#include "json/number/number.h"

edo_json_kind edo_json_value_kind(const edo_json_value *v) {
    return v ? (edo_json_kind)v->kind : EDO_JSON_NULL;
}

static bool is_container(const edo_json_value *v) {
    return v && (v->kind == EDO_JSON_ARRAY || v->kind == EDO_JSON_OBJECT);
}

const edo_json_value *edo_json_value_first(const edo_json_value *v) {
    return is_container(v) && v->child > 0 ? v + v->child : NULL;
}

const edo_json_value *edo_json_value_next(const edo_json_value *v) {
    return v && v->next > 0 ? v + v->next : NULL;
}

size_t edo_json_value_count(const edo_json_value *v) {
    return is_container(v) ? v->count : 0;
}

edo_str edo_json_value_name(const edo_json_value *v) {
    return v ? (edo_str){ v->name, v->name_len } : (edo_str){ 0 };
}

const edo_json_value *edo_json_value_get(const edo_json_value *v, edo_str name) {
    if (!v || v->kind != EDO_JSON_OBJECT) return NULL;
    const edo_json_value *m = edo_json_value_first(v);
    while (m && !edo_str_equal(edo_json_value_name(m), name)) m = edo_json_value_next(m);
    return m;
}

edo_str edo_json_value_text(const edo_json_value *v) {
    bool has_text = v && (v->kind == EDO_JSON_STRING || v->kind == EDO_JSON_NUMBER);
    return has_text ? (edo_str){ v->text, v->len } : (edo_str){ 0 };
}

static bool json_value_is_number(const edo_json_value *v) {
    return v && v->kind >= EDO_JSON_INT && v->kind <= EDO_JSON_NUMBER;
}

int edo_json_value_bool(const edo_json_value *v, bool *out) {
    if (!v || v->kind != EDO_JSON_BOOL) return -EINVAL;
    *out = v->is_true;
    return 0;
}

/* -0 is a double, as JavaScript has it, and an integer, too. All other doubles are longer. */
static bool json_value_is_integer(const edo_json_value *v) {
    return json_value_is_number(v) && (v->kind != EDO_JSON_DOUBLE || v->len == 2);
}

int edo_json_value_int(const edo_json_value *v, int64_t *out) {
    if (!json_value_is_integer(v)) return -EINVAL;
    if (v->kind != EDO_JSON_INT && v->kind != EDO_JSON_DOUBLE) return -ERANGE;
    *out = v->kind == EDO_JSON_INT ? v->i : 0;
    return 0;
}

int edo_json_value_uint(const edo_json_value *v, uint64_t *out) {
    if (!json_value_is_integer(v)) return -EINVAL;
    if (v->kind == EDO_JSON_NUMBER || (v->kind == EDO_JSON_INT && v->i < 0)) return -ERANGE;
    *out = v->kind == EDO_JSON_DOUBLE ? 0 : v->u;
    return 0;
}

int edo_json_value_double(const edo_json_value *v, double *out) {
    if (!json_value_is_number(v)) return -EINVAL;
    if (v->kind == EDO_JSON_NUMBER) {
        edoi_json_number number;
        const char *fault;
        (void)edoi_json_number_read(v->text, v->text + v->len, &number, &fault);
        if (number.d - number.d != 0) return -ERANGE;
        *out = number.d;
        return 0;
    }
    *out = v->kind == EDO_JSON_DOUBLE ? v->d
           : v->kind == EDO_JSON_INT  ? (double)v->i
                                      : (double)v->u;
    return 0;
}

int edoi_json_value_float(const edo_json_value *v, float *out) {
    double d;
    int err = edo_json_value_double(v, &d);
    if (err < 0) return err;
    const float narrow = edoi_json_narrow(d, v->side);
    if (narrow - narrow != 0) return -ERANGE;
    *out = narrow;
    return 0;
}
