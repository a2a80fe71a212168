/* SPDX-License-Identifier: MIT */
/* otlp/encode/attr.c: see attr.h. */
#include "otlp/encode/attr.h"

#include <inttypes.h>
#include <stdio.h>

/* Fields of KeyValue and AnyValue. */
#define KEY          1u
#define VALUE        2u
#define TEXT_VALUE   1u
#define BOOL_VALUE   2u
#define INT_VALUE    3u
#define DOUBLE_VALUE 4u

static bool is_for_exporters(const char *key) {
    return strncmp(key, "otel.", 5) == 0;
}

void edoi_otlp_attrs_add(edoi_otlp_attrs *attrs, const edo_kv *kv) {
    if (!kv->key || is_for_exporters(kv->key)) return;
    for (uint32_t i = 0; i < attrs->n; i++) {
        if (attrs->at[i]->key != kv->key && strcmp(attrs->at[i]->key, kv->key) != 0) continue;
        attrs->at[i] = kv;
        return;
    }
    if (attrs->n == EDOI_OTLP_ATTRS_MAX) {
        attrs->dropped++;
        return;
    }
    attrs->at[attrs->n++] = kv;
}

edo_str edoi_otlp_attrs_text(const edoi_otlp_attrs *attrs, const char *key) {
    for (uint32_t i = 0; i < attrs->n; i++) {
        const edo_kv *kv = attrs->at[i];
        if (strcmp(kv->key, key) != 0) continue;
        if (kv->kind != EDO_KV_TEXT || !kv->value.text) break;
        return (edo_str){ kv->value.text, kv->text_n };
    }
    return (edo_str){ NULL, 0 };
}

static void put_whole(edoi_otlp_out *out, uint64_t n) {
    if (n <= INT64_MAX)
        edoi_otlp_put_number(out, INT_VALUE, n);
    else
        edoi_otlp_put_double(out, DOUBLE_VALUE, (double)n); // there is no unsigned one
}

static void put_pointer(edoi_otlp_out *out, const void *pointer) {
    char text[24];
    int n = snprintf(text, sizeof text, "0x%" PRIxPTR, (uintptr_t)pointer);
    edoi_otlp_put_text(out, TEXT_VALUE, (edo_str){ text, (size_t)n });
}

/* The fields of AnyValue: none stands for null. */
static void put_value(edoi_otlp_out *out, const void *arg) {
    const edo_kv *kv = arg;
    switch (kv->kind) {
    case EDO_KV_BOOL: edoi_otlp_put_number(out, BOOL_VALUE, kv->value.boolean); break;
    case EDO_KV_INT: edoi_otlp_put_number(out, INT_VALUE, (uint64_t)kv->value.integer); break;
    case EDO_KV_UINT: put_whole(out, kv->value.whole); break;
    case EDO_KV_DOUBLE: edoi_otlp_put_double(out, DOUBLE_VALUE, kv->value.number); break;
    case EDO_KV_TEXT:
    case EDO_KV_JSON:
        if (kv->value.text)
            edoi_otlp_put_text(out, TEXT_VALUE, (edo_str){ kv->value.text, kv->text_n });
        break;
    case EDO_KV_POINTER: put_pointer(out, kv->value.pointer); break;
    case EDO_KV_NONE:
    case EDO_KV_DESCRIBED: break;
    }
}

static void attr_put_pair(edoi_otlp_out *out, const void *arg) {
    const edo_kv *kv = arg;
    edoi_otlp_put_text(out, KEY, edo_str_of(kv->key));
    edoi_otlp_put_part(out, VALUE, put_value, kv);
}

void edoi_otlp_put_attr(edoi_otlp_out *out, uint32_t field, const edo_kv *kv) {
    edoi_otlp_put_part(out, field, attr_put_pair, kv);
}

typedef struct text_pair {
    edo_str key, value;
} text_pair;

static void attr_put_text(edoi_otlp_out *out, const void *arg) {
    edoi_otlp_put_text(out, TEXT_VALUE, *(const edo_str *)arg);
}

static void put_text_pair(edoi_otlp_out *out, const void *arg) {
    const text_pair *pair = arg;
    edoi_otlp_put_text(out, KEY, pair->key);
    edoi_otlp_put_part(out, VALUE, attr_put_text, &pair->value);
}

void edoi_otlp_put_text_attr(edoi_otlp_out *out, uint32_t field, edo_str key, edo_str value) {
    edoi_otlp_put_part(out, field, put_text_pair, &(text_pair){ key, value });
}

void edoi_otlp_put_text_value(edoi_otlp_out *out, uint32_t field, edo_str value) {
    edoi_otlp_put_part(out, field, attr_put_text, &value);
}
