/* SPDX-License-Identifier: MIT */
/* web/request/reply/reply_form.c: a described struct in percent encoding. */
#include "value/elements.h"
#include "web/request/web.h"

#include <edo/uri.h>

#include <string.h>

#define DEPTH_MAX 8 /* structs within one another, as in edo/config.h */

/* The prefix of the names of a struct's fields, such as "page.", and that of the struct around
 * it. */
typedef struct prefix {
    const struct prefix *outer;
    const edo_field *f;
    int depth;
    const edoi_pattern *link; /* in the outermost one: only fields of the query that `link` does not
                                 capture are printed; NULL: all are */
} prefix;

static int append_prefix(edo_buf *out, const prefix *p) {
    if (!p->f) return 0;
    int err = append_prefix(out, p->outer);
    if (err == 0) err = edo_uri_encode((edo_str){ p->f->key + 2, p->f->name_len }, out);
    return err < 0 ? err : edo_buf_append(out, ".", 1);
}

static int append_pair(edo_buf *out, const prefix *p, const edo_field *f, const void *element) {
    edo_buf text = { 0 };
    edo_field plain = *f; // else a secret would be written as ***
    plain.secret = false;
    int err = edo_value_text(&text, &plain, element);
    if (err == 0 && out->len > 0) err = edo_buf_append(out, "&", 1);
    if (err == 0) err = append_prefix(out, p);
    if (err == 0) err = edo_uri_encode((edo_str){ f->key + 2, f->name_len }, out);
    if (err == 0) err = edo_buf_append(out, "=", 1);
    if (err == 0) err = edo_uri_encode((edo_str){ text.ptr, text.len }, out);
    edo_buf_deinit(&text);
    return err;
}

static int append_struct(edo_buf *out, const prefix *p, const void *value, const edo_desc *desc);

static int append_field(edo_buf *out, const prefix *p, const edo_field *f, const void *value) {
    size_t n = 0;
    const char *element = edo_field_elements(f, value, &n);
    bool is_struct = f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_STRUCT;
    bool is_union = f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_UNION;
    if (f->skip || edoi_field_is_withheld(f) || is_union ||
        (is_struct && (f->shape != EDO_SHAPE_ONE || n == 0)))
        return 0;
    if (is_struct) {
        const prefix inner = { .outer = p, .f = f, .depth = p->depth + 1 };
        return inner.depth > DEPTH_MAX ? 0 : append_struct(out, &inner, element, f->desc);
    }
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++, element += f->size)
        err = append_pair(out, p, f, element);
    return err;
}

static bool is_elsewhere(const edoi_pattern *link, const edo_field *f) {
    if (!link) return false;
    for (uint32_t i = 0; i < link->captures_n; i++)
        if (edo_str_equal(link->names[i], edo_field_name(f))) return true;
    return f->in != EDO_IN_QUERY;
}

static int append_struct(edo_buf *out, const prefix *p, const void *value, const edo_desc *desc) {
    int err = 0;
    for (uint32_t i = 0; i < desc->fields_n && err == 0; i++)
        if (!is_elsewhere(p->link, &desc->fields[i]))
            err = append_field(out, p, &desc->fields[i], value);
    return err;
}

int edoi_web_print_query(edo_buf *out, const edoi_pattern *link, const void *value,
                         const edo_desc *desc) {
    edo_buf query = { 0 };
    int err = append_struct(&query, &(prefix){ .link = link }, value, desc);
    if (err == 0 && query.len > 0) err = edo_buf_append(out, "?", 1);
    if (err == 0 && query.len > 0) err = edo_buf_append(out, query.ptr, query.len);
    edo_buf_deinit(&query);
    return err;
}

int edo_web_reply_form(edo_web *w, edo_status status, const void *value, const edo_desc *desc) {
    edo_buf form = { 0 };
    int err = append_struct(&form, &(prefix){ .f = NULL }, value, desc);
    if (err == 0)
        err = edoi_web_reply_buf(w, status, edoi_web_type(w, "application/x-www-form-urlencoded"),
                                 &form);
    edo_buf_deinit(&form);
    return err;
}
