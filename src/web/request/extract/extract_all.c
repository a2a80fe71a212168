/* SPDX-License-Identifier: MIT */
/* web/request/extract/extract_all.c: fills one described struct from all parts of a request. */
#include "web/request/web.h"

#include "value/elements.h"

#include <edo/config.h>
#include <edo/http_fields.h>
#include <edo/json.h>

#include <errno.h>
#include <string.h>

/* ---- Parts ----------------------------------------------------------------------------------- */

static edo_str header_number(const edo_web *w, edo_str name, size_t i) {
    const edo_header *f = edo_headers_next_named(&w->req->headers, NULL, name);
    for (; f && i > 0; i--) f = edo_headers_next_named(&w->req->headers, f, name);
    return f ? f->value : (edo_str){ 0 };
}

/* A position among the cookies of one name: a head of 32 KiB may have 8,000 of them, and each is
 * asked for by its number. */
typedef struct cookie_reader {
    edo_web *w;
    edo_str name;
    size_t n; /* cookies that were returned */
    const edo_header *in;
    edo_str rest; /* the rest of the field `in` */
} cookie_reader;

static edo_str next_cookie(cookie_reader *c) {
    edo_str found, value;
    do {
        while (edo_cookie_next(&found, &value, &c->rest))
            if (edo_str_equal(found, c->name)) return c->n++, value;
        c->in = edo_headers_next(&c->w->req->headers, c->in, EDO_HEADER_COOKIE);
        if (c->in) c->rest = c->in->value;
    } while (c->in);
    return (edo_str){ 0 };
}

static edo_str cookie_number(cookie_reader *c, edo_str name, size_t i) {
    edo_str value = { 0 };
    if (i == 0 || i != c->n || !edo_str_equal(name, c->name))
        *c = (cookie_reader){ .w = c->w, .name = name };
    do value = next_cookie(c);
    while (value.ptr && c->n <= i);
    return value;
}

static edo_str extract_all_get(void *arg, edo_value_in in, edo_str name, size_t i) {
    cookie_reader *c = arg;
    return in == EDO_IN_HEADER ? header_number(c->w, name, i) : cookie_number(c, name, i);
}

/* ---- The body -------------------------------------------------------------------------------- */

/* The body's part of one extraction. */
typedef struct body_part {
    const edo_field *field; /* the field that takes the whole body; NULL: none */
    edo_str text;
    edo_faults faults;
    int err;
} body_part;

/* Can set_body() set the field? It would write over any other. */
static bool can_be_body(const edo_field *f) {
    if (f->shape != EDO_SHAPE_ONE) return false;
    if (f->kind == EDO_VALUE_DESCRIBED) return f->size == f->desc->size;
    return f->kind == EDO_VALUE_STR || f->kind == EDO_VALUE_BYTES;
}

static bool needs_form(const edo_desc *desc) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        if (f->in == EDO_IN_FORM && !edoi_may_be_missing(f, EDOI_SOURCE_OMITS)) return true;
    }
    return false;
}

static int read_form(edo_web *w, const edo_desc *desc, edo_str *form) {
    if (!edo_web_has_body(w) && !needs_form(desc)) return 0;
    return edoi_web_form_text(w, form);
}

const char *edoi_web_input_fault(const edo_desc *desc) {
    const edo_field *body = NULL;
    bool has_form = false, has_two = false;
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
        if (f->in < EDO_IN_BODY || f->skip) continue;
        if (f->in == EDO_IN_FORM) has_form = true;
        if (f->in != EDO_IN_BODY) continue;
        if (body) has_two = true;
        body = f;
    }
    if (!body) return NULL;
    if (has_two) return "more than one field is the body (EDO_IN_BODY)";
    if (has_form) return "a body is one field (EDO_IN_BODY) or a form (EDO_IN_FORM), not both";
    return can_be_body(body) ? NULL : "a body is a described value, an edo_str or edo_bytes";
}

EDOI_NOINLINE static int refuse_desc(const edo_desc *desc) {
    return edo_fail(-ENOTSUP, "%s: %s", desc->name, edoi_web_input_fault(desc));
}

/* Does what edoi_web_input_fault() does, without a second pass over the fields. */
static int extract_all_read_body(edo_web *w, const edo_desc *desc, edo_str *form, body_part *body) {
    const edo_field *end = desc->fields + desc->fields_n, *field = NULL;
    bool has_form = false;
    for (const edo_field *f = desc->fields; f < end; f++) {
        if (f->in < EDO_IN_BODY || f->skip) continue;
        if (f->in == EDO_IN_FORM) {
            has_form = true;
            continue;
        }
        if (field) return refuse_desc(desc);
        field = f;
    }
    if (has_form) return field ? refuse_desc(desc) : read_form(w, desc, form);
    if (!field) return 0;
    if (!can_be_body(field)) return refuse_desc(desc);
    if (edoi_field_is_optional(field) && !edo_web_has_body(w)) return 0;
    body->field = field;
    if (field->kind == EDO_VALUE_STR) return edo_web_text(w, &body->text);
    if (field->kind == EDO_VALUE_DESCRIBED) return edoi_web_json_text(w, &body->text);
    return edo_web_body(w, &body->text);
}

static void keep_fault(void *arg, const char *path, const char *wants) {
    edo_faults *faults = arg;
    size_t n = strlen(wants);
    char *detail = edo_arena_copy(faults->arena, wants, n);
    edo_fault *fault = edo_arena_alloc(faults->arena, sizeof *fault);
    (void)path; // it is the whole body
    faults->is_cut = !detail || !fault;
    if (faults->is_cut) return;
    *fault = (edo_fault){ .in = EDO_IN_BODY, .field = EDO_STR(""), .detail = { detail, n } };
    faults->all = fault;
    faults->n = 1;
}

/* Checks the limits of text and bytes, which any field may have. */
static int check_body(const void *out, const edo_field *f, edo_faults *faults) {
    const edo_desc alone = { .name = "body", .fields = f, .fields_n = 1, .form = EDO_DESC_STRUCT };
    return edo_value_check(out, &alone, keep_fault, faults);
}

static int set_json(edo_web *w, void *out, body_part *body) {
    const edo_field *f = body->field;
    const edo_json_opts opts = { .arena = w->req->arena,
                                 .borrows = true,
                                 .refuses_unknown = w->to.settings->refuses_unknown,
                                 .faults = &body->faults };
    size_t before = edoi_web_decode_begin(w, w->req->arena);
    int err = edo_json_decode_with(edoi_field_at(f, out), f->desc, body->text, &opts);
    err = edoi_web_decode_end(w, w->req->arena, before, err);
    if (err == 0) edoi_field_set_has(f, out, true);
    return err;
}

/* Sets the field of the body. */
static int set_body(edo_web *w, void *out, body_part *body) {
    const edo_field *f = body->field;
    body->faults.arena = w->req->arena;
    if (EDOI_LIKELY(f->kind == EDO_VALUE_DESCRIBED)) return set_json(w, out, body);
    if (f->kind == EDO_VALUE_BYTES)
        *(edo_bytes *)edoi_field_at(f, out) = (edo_bytes){ .str = body->text };
    else
        *(edo_str *)edoi_field_at(f, out) = body->text;
    edoi_field_set_has(f, out, true);
    return edoi_field_has_limits(f) ? check_body(out, f, &body->faults) : 0;
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* Appends the faults of the body to those of the other parts. */
static void extract_all_join(edo_faults *all, const edo_faults *more) {
    size_t n = all->n + more->n;
    edo_fault *joined = edo_arena_alloc(all->arena, n * sizeof *joined);
    all->is_cut = all->is_cut || more->is_cut || !joined;
    if (!joined) return;
    for (size_t i = 0; i < n; i++) joined[i] = i < all->n ? all->all[i] : more->all[i - all->n];
    all->all = joined;
    all->n = (uint32_t)n;
}

/* Returns the status: a fault outside the body, or a body that is no JSON, is a bad request. */
static edo_status extract_all_status_of(const edo_faults *parts, const body_part *body) {
    bool is_no_json = body->err < 0 && body->faults.n == 0 && !body->faults.is_cut;
    for (uint32_t i = 0; i < parts->n; i++)
        if (parts->all[i].in != EDO_IN_FORM) return EDO_STATUS_BAD_REQUEST;
    return is_no_json ? EDO_STATUS_BAD_REQUEST : EDO_STATUS_UNPROCESSABLE_CONTENT;
}

static bool extract_all_is_of_the_client(int err) {
    return err == 0 || err == -EDO_EVALUE || err == -EDO_EJSON;
}

int edo_web_extract(edo_web *w, void *out, const edo_desc *desc) {
    body_part body = { .err = 0 };
    edo_str form = { 0 };
    int err = extract_all_read_body(w, desc, &form, &body);
    if (err < 0) return err;
    cookie_reader cookies = { .w = w };
    const edoi_pattern *route = w->to.captured;
    const edo_inputs in = { .query = w->query,
                            .form = form,
                            .path_names = route ? route->names : NULL,
                            .path_texts = w->match.values,
                            .path_n = route ? w->match.n : 0,
                            .get = extract_all_get,
                            .arg = &cookies,
                            .body = body.field };
    edo_faults faults = { .arena = w->req->arena };
    const edo_config_opts opts = { .arena = w->req->arena, .faults = &faults, .yields = true };
    size_t before = edoi_web_decode_begin(w, w->req->arena);
    err = edoi_web_decode_end(w, w->req->arena, before, edo_inputs_decode(out, desc, &in, &opts));
    if (!extract_all_is_of_the_client(err) || edoi_web_lacks_capture(w, &faults)) return err;
    if (body.field) body.err = set_body(w, out, &body);
    if (!extract_all_is_of_the_client(body.err)) return body.err;
    if (err == 0 && body.err == 0) return 0;
    edo_status status = extract_all_status_of(&faults, &body);
    if (body.faults.n > 0) extract_all_join(&faults, &body.faults);
    return edoi_web_refuse_fields(w, err < 0 ? err : body.err, status, &faults);
}
