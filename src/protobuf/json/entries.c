/* SPDX-License-Identifier: MIT */
/* protobuf/json/entries.c: see entries.h. Most maps come sorted by their keys, since encoders write
 * them so: they are only looked through. */
#include "protobuf/json/entries.h"

#include "base/memory/alloc.h"
#include "protobuf/zero.h"
#include "value/elements.h"

#include <errno.h>
#include <stdlib.h>

/* A key is a text or a number. */
typedef struct entry_key {
    edo_str text;
    int64_t number;
    size_t at; /* of its entry */
} entry_key;

static entry_key entry_key_of(const char *entry, size_t at, const edo_field *f) {
    const edo_field *key = f->desc->fields;
    const void *element = edoi_field_at_const(key, entry);
    entry_key k = { .text = EDO_STR(""), .at = at };
    if (key->kind == EDO_VALUE_BOOL || edoi_kind_is_int(key->kind))
        k.number = edoi_int_load(element, key->size, edoi_kind_is_signed(key->kind));
    else
        k.text = key->kind == EDO_VALUE_STR ? *(const edo_str *)element
                                            : edoi_element_text(element, key);
    return k;
}

/* The order need not be that of the numbers' type. */
static int entry_keys_compare(const entry_key *a, const entry_key *b) {
    const size_t n = a->text.len < b->text.len ? a->text.len : b->text.len;
    const int by_bytes = n > 0 ? memcmp(a->text.ptr, b->text.ptr, n) : 0;
    if (by_bytes != 0) return by_bytes;
    if (a->text.len != b->text.len) return a->text.len < b->text.len ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int entry_keys_order(const void *left, const void *right) {
    const entry_key *a = left, *b = right;
    const int by_key = entry_keys_compare(a, b);
    return by_key != 0 ? by_key : a->at < b->at ? -1 : 1;
}

static bool entries_are_sorted(const char *first, size_t n, const edo_field *f) {
    for (size_t i = 1; i < n; i++) {
        const entry_key before = entry_key_of(first + (i - 1) * f->size, i - 1, f);
        const entry_key key = entry_key_of(first + i * f->size, i, f);
        if (entry_keys_compare(&before, &key) >= 0) return false;
    }
    return true;
}

int edoi_entries_replaced(uint8_t **out, const char *first, size_t n, const edo_field *f) {
    *out = NULL;
    if (entries_are_sorted(first, n, f)) return 0;
    uint8_t *replaced = (uint8_t *)edoi_calloc(n, 1);
    entry_key *keys = (entry_key *)edoi_calloc(n, sizeof *keys);
    if (!replaced || !keys) {
        edoi_free(replaced);
        edoi_free(keys);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) keys[i] = entry_key_of(first + i * f->size, i, f);
    qsort(keys, n, sizeof *keys, entry_keys_order);
    for (size_t i = 1; i < n; i++)
        if (entry_keys_compare(&keys[i - 1], &keys[i]) == 0) replaced[keys[i - 1].at] = 1;
    edoi_free(keys);
    *out = replaced;
    return 0;
}
