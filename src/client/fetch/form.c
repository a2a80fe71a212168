/* SPDX-License-Identifier: MIT */
/* client/fetch/form.c: a value as a form, which is also how a query has it. */
#include "client/fetch/fetch.h"

#include <edo/uri.h>

#include <errno.h>

static int form_print_pair(edo_buf *out, const edo_field *f, const void *element, bool is_first) {
    edo_buf text = { 0 };
    int err = edo_value_text(&text, f, element);
    if (err == 0 && !is_first) err = edo_buf_append(out, "&", 1);
    if (err == 0) err = edo_uri_encode((edo_str){ f->key + 2, f->name_len }, out);
    if (err == 0) err = edo_buf_append(out, "=", 1);
    if (err == 0) err = edo_uri_encode((edo_str){ text.ptr, text.len }, out);
    edo_buf_deinit(&text);
    return err;
}

int edoi_form_print(edo_buf *out, const void *value, const edo_desc *desc) {
    size_t begun = out->len;
    int err = 0;
    for (size_t i = 0; err == 0 && i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        size_t n = 0;
        const char *at = edo_field_elements(f, value, &n);
        for (size_t k = 0; err == 0 && k < n; k++)
            err = form_print_pair(out, f, at + k * f->size, out->len == begun);
    }
    return err;
}
