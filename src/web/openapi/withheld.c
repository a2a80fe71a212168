/* SPDX-License-Identifier: MIT */
/* web/openapi/withheld.c: whether a response has less of a description than a request. */
#include "value/elements.h"
#include "web/openapi/openapi.h"

/* Descriptions that were found; `err` is the first failure. */
typedef struct found_descs {
    edo_buf list; /* of `const edo_desc *` */
    int err;
} found_descs;

static const edo_desc *const *found_all(const found_descs *found, size_t *n) {
    *n = found->list.len / sizeof(const edo_desc *);
    return (const edo_desc *const *)(const void *)found->list.ptr;
}

static void found_add(found_descs *found, const edo_desc *desc) {
    size_t n;
    const edo_desc *const *all = found_all(found, &n);
    for (size_t i = 0; i < n; i++)
        if (all[i] == desc) return;
    if (found->err == 0) found->err = edo_buf_append(&found->list, &desc, sizeof desc);
}

/* Looks at one, and adds those that it refers to. */
static bool found_look(found_descs *found, const edo_desc *desc) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        if (f->skip) continue;
        if (edoi_field_is_withheld(f)) return true;
        if (f->kind == EDO_VALUE_DESCRIBED) found_add(found, f->desc);
    }
    return false;
}

bool edoi_openapi_withholds(edoi_openapi *o, const edo_desc *desc) {
    found_descs found = { .err = 0 };
    size_t n = 1;
    bool withholds = false;
    found_add(&found, desc);
    for (size_t i = 0; found.err == 0 && !withholds && i < n; i++) {
        withholds = found_look(&found, found_all(&found, &n)[i]);
        (void)found_all(&found, &n);
    }
    if (o->err == 0) o->err = found.err;
    edo_buf_deinit(&found.list);
    return withholds;
}
