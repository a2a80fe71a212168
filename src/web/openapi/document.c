/* SPDX-License-Identifier: MIT */
/* web/openapi/document.c: describes the routes of a router as a document of OpenAPI 3.1. Paths are
 * grouped by walking the list again for each new one: a router has hundreds of routes, and makes
 * one document. */
#include "base/opts.h"
#include "value/elements.h"
#include "web/openapi/openapi.h"
#include "web/router/router.h"

#include <edo/error.h>

#include <errno.h>
#include <stdio.h>

static const edo_route_doc no_doc = { .summary = NULL };

static const edo_route_doc *doc_of(const edoi_route *r) {
    return r->doc ? r->doc : &no_doc;
}

/* ---- Paths ----------------------------------------------------------------------------------- */

static int document_append(edo_buf *to, edo_str s) {
    return s.len > 0 ? edo_buf_append(to, s.ptr, s.len) : 0;
}

static int append_segment(edo_buf *to, const edoi_segment *s) {
    int err = document_append(to, EDO_STR("/"));
    if (err == 0) err = document_append(to, s->kind == EDOI_SEGMENT_STATIC ? s->text : s->prefix);
    if (err < 0 || s->kind == EDOI_SEGMENT_STATIC) return err;
    err = document_append(to, EDO_STR("{"));
    if (err == 0) err = document_append(to, s->name);
    if (err == 0) err = document_append(to, EDO_STR("}"));
    return err < 0 ? err : document_append(to, s->suffix);
}

/* Writes the name of a path's member: the path, with {name} for each capture. */
static void put_path(edoi_openapi *o, const edoi_pattern *p) {
    edo_buf text = { 0 };
    for (uint32_t i = 0; i < p->n && o->err == 0; i++)
        o->err = append_segment(&text, &p->segments[i]);
    if (o->err == 0) o->err = edo_json_writer_name(&o->json, (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
}

/* ---- Parameters ------------------------------------------------------------------------------ */

static void put_parameter(edoi_openapi *o, const char *in, edo_str name, const edo_field *f,
                          bool is_required) {
    edoi_openapi_begin(o);
    edoi_openapi_name(o, "name");
    edoi_openapi_text(o, name);
    edoi_openapi_put(o, "in", in);
    if (f) edoi_openapi_put(o, "description", f->doc);
    edoi_openapi_name(o, "required");
    edoi_openapi_bool(o, is_required);
    edoi_openapi_name(o, "schema");
    edoi_openapi_field(o, f);
    edoi_openapi_end(o);
}

/* Returns the field that a capture sets, or NULL. */
static const edo_field *field_of_capture(const edo_route_doc *doc, edo_str name) {
    const edo_field *f = doc->params ? edo_desc_find(doc->params, name) : NULL;
    if (!f && doc->input) f = edo_desc_find(doc->input, name);
    return f && (f->in == EDO_IN_PATH || doc->params) ? f : NULL;
}

/* Writes a parameter. The name of a header has '-' where that of its field has '_'. */
static void put_named(edoi_openapi *o, const edo_field *f, const char *in) {
    char text[128];
    edo_str name = edo_field_name(f);
    if (name.len > sizeof text) name.len = sizeof text;
    for (size_t i = 0; i < name.len; i++)
        text[i] = name.ptr[i] == '_' && f->in == EDO_IN_HEADER ? '-' : name.ptr[i];
    name.ptr = text;
    put_parameter(o, in, name, f, !edoi_may_be_missing(f, EDOI_SOURCE_OMITS));
}

/* Writes all fields of one part of the request. */
static void openapi_put_part(edoi_openapi *o, const edo_desc *desc, uint8_t part, const char *in) {
    for (uint32_t i = 0; desc && i < desc->fields_n; i++)
        if (!desc->fields[i].skip && desc->fields[i].in == part) put_named(o, &desc->fields[i], in);
}

static void put_parameters(edoi_openapi *o, const edoi_route *r, const edo_route_doc *doc) {
    edoi_openapi_name(o, "parameters");
    edoi_openapi_begin_list(o);
    for (uint32_t i = 0; i < r->pattern.captures_n; i++) {
        edo_str name = r->pattern.names[i];
        put_parameter(o, "path", name, field_of_capture(doc, name), true);
    }
    openapi_put_part(o, doc->query, EDO_IN_QUERY, "query");
    openapi_put_part(o, doc->input, EDO_IN_QUERY, "query");
    openapi_put_part(o, doc->input, EDO_IN_HEADER, "header");
    openapi_put_part(o, doc->input, EDO_IN_COOKIE, "cookie");
    edoi_openapi_end_list(o);
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

static void put_content(edoi_openapi *o, const char *type, const edo_desc *desc) {
    edoi_openapi_name(o, type);
    edoi_openapi_begin(o);
    edoi_openapi_name(o, "schema");
    edoi_openapi_ref(o, desc);
    edoi_openapi_end(o);
}

/* Returns the field of `input` that is the body, or the first one of a form; NULL: there is
 * none. */
static const edo_field *field_in(const edo_route_doc *doc, uint8_t part) {
    for (uint32_t i = 0; doc->input && i < doc->input->fields_n; i++)
        if (doc->input->fields[i].in == part) return &doc->input->fields[i];
    return NULL;
}

/* Writes the body for a field: JSON, text, or any bytes. */
static void put_body_field(edoi_openapi *o, const edo_field *f) {
    bool is_json = f->kind == EDO_VALUE_DESCRIBED || f->shape >= EDO_SHAPE_LIST;
    edoi_openapi_name(o, is_json                      ? "application/json"
                         : f->kind == EDO_VALUE_BYTES ? "application/octet-stream"
                                                      : "text/plain");
    edoi_openapi_begin(o);
    if (is_json || f->kind != EDO_VALUE_BYTES) {
        edoi_openapi_name(o, "schema");
        edoi_openapi_field(o, f);
    }
    edoi_openapi_end(o);
}

static void put_form_fields(edoi_openapi *o, const edo_desc *desc) {
    edoi_openapi_name(o, "application/x-www-form-urlencoded");
    edoi_openapi_begin(o);
    edoi_openapi_name(o, "schema");
    edoi_openapi_begin(o);
    edoi_openapi_members(o, desc, EDO_IN_FORM);
    edoi_openapi_end(o);
    edoi_openapi_end(o);
}

/* Is a request without a body refused? That of a form is, unless all its fields are optional. */
static bool is_body_required(const edo_route_doc *doc, const edo_field *body,
                             const edo_field *form) {
    if (body || !form) return !body || !edoi_may_be_missing(body, EDOI_SOURCE_WRITES);
    for (uint32_t i = 0; i < doc->input->fields_n; i++) {
        const edo_field *f = &doc->input->fields[i];
        if (f->in == EDO_IN_FORM && !edoi_may_be_missing(f, EDOI_SOURCE_OMITS)) return true;
    }
    return false;
}

static void put_request_body(edoi_openapi *o, const edo_route_doc *doc) {
    const edo_field *body = field_in(doc, EDO_IN_BODY), *form = field_in(doc, EDO_IN_FORM);
    if (!doc->body && !doc->form && !body && !form) return;
    edoi_openapi_name(o, "requestBody");
    edoi_openapi_begin(o);
    edoi_openapi_name(o, "required");
    edoi_openapi_bool(o, is_body_required(doc, body, form));
    edoi_openapi_name(o, "content");
    edoi_openapi_begin(o);
    if (doc->body) put_content(o, "application/json", doc->body);
    if (doc->form) put_content(o, "application/x-www-form-urlencoded", doc->form);
    if (body) put_body_field(o, body);
    if (form) put_form_fields(o, doc->input);
    edoi_openapi_end(o);
    edoi_openapi_end(o);
}

static void put_description(edoi_openapi *o, const char *text, edo_status status) {
    edo_str reason = edo_status_reason(status);
    edoi_openapi_name(o, "description");
    edoi_openapi_text(o, text ? edo_str_of(text) : reason.len > 0 ? reason : EDO_STR("A response"));
}

static void put_reply(edoi_openapi *o, edo_status status, const char *text, const edo_desc *body) {
    char number[12];
    (void)snprintf(number, sizeof number, "%d", (int)status);
    edoi_openapi_name(o, number);
    edoi_openapi_begin(o);
    put_description(o, text, status);
    if (body) {
        edoi_openapi_name(o, "content");
        edoi_openapi_begin(o);
        o->in_reply = true;
        put_content(o, "application/json", body);
        o->in_reply = false;
        edoi_openapi_end(o);
    }
    edoi_openapi_end(o);
}

static void put_replies(edoi_openapi *o, const edo_route_doc *doc) {
    edoi_openapi_name(o, "responses");
    edoi_openapi_begin(o);
    put_reply(o, doc->status ? doc->status : EDO_STATUS_OK, NULL, doc->reply);
    for (size_t i = 0; i < doc->replies_n; i++)
        put_reply(o, doc->replies[i].status, doc->replies[i].doc, doc->replies[i].body);
    edoi_openapi_name(o, "default");
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "$ref", "#/components/responses/problem");
    edoi_openapi_end(o);
    edoi_openapi_end(o);
}

/* ---- Operations ------------------------------------------------------------------------------ */

/* An operation that has an id. */
typedef struct named_operation {
    const char *id, *method;
    edo_str path;
} named_operation;

/* An id is of one operation: a client that is made of the document has a function of that name. */
static void put_operation_id(edoi_openapi *o, const edo_str path, const char *method,
                             const char *id) {
    const named_operation *all = (const void *)o->named.ptr, now = { id, method, path };
    const size_t n = o->named.len / sizeof now;
    for (size_t i = 0; id && o->err == 0 && i < n; i++)
        if (strcmp(all[i].id, id) == 0)
            o->err = edo_fail(-EINVAL, "the id \"%s\" is that of %s %.*s and of %s %.*s", id,
                              all[i].method, (int)all[i].path.len, all[i].path.ptr, method,
                              (int)path.len, path.ptr);
    if (id && o->err == 0) o->err = edo_buf_append(&o->named, &now, sizeof now);
    edoi_openapi_put(o, "operationId", id);
}

static void put_operation(edoi_openapi *o, const edo_router *router, const edoi_route *r,
                          const char *method) {
    const edo_route_doc *doc = doc_of(r);
    edoi_openapi_name(o, method);
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "summary", doc->summary);
    edoi_openapi_put(o, "description", doc->doc);
    put_operation_id(o, r->pattern.text, method, doc->id);
    if (doc->tag) {
        edoi_openapi_name(o, "tags");
        edoi_openapi_begin_list(o);
        edoi_openapi_text(o, edo_str_of(doc->tag));
        edoi_openapi_end_list(o);
    }
    if (doc->deprecated) {
        edoi_openapi_name(o, "deprecated");
        edoi_openapi_bool(o, true);
    }
    edoi_openapi_security(o, router, r);
    put_parameters(o, r, doc);
    put_request_body(o, doc);
    put_replies(o, doc);
    edoi_openapi_end(o);
}

static const struct {
    edo_method method;
    const char *name;
} methods[] = {
    { EDO_METHOD_GET, "get" },       { EDO_METHOD_PUT, "put" },         { EDO_METHOD_POST, "post" },
    { EDO_METHOD_DELETE, "delete" }, { EDO_METHOD_OPTIONS, "options" }, { EDO_METHOD_HEAD, "head" },
    { EDO_METHOD_PATCH, "patch" },   { EDO_METHOD_TRACE, "trace" },
};

static bool is_shown(const edoi_route *r) {
    if (doc_of(r)->hidden || r->method.len > 0) return false;
    for (size_t i = 0; i < EDO_COUNT(methods); i++)
        if (r->methods & EDO_METHOD_BIT(methods[i].method)) return true;
    return false;
}

static bool is_first(const edo_router *router, const edoi_route *r) {
    const edoi_route *other = router->first;
    while (other != r && (!is_shown(other) || !edo_str_equal(other->pattern.text, r->pattern.text)))
        other = other->next;
    return other == r;
}

/* Writes the operations of all routes with the path of `first`. If guards give a method several
 * routes the first one is described. */
static void put_path_item(edoi_openapi *o, const edo_router *router, const edoi_route *first) {
    put_path(o, &first->pattern);
    uint32_t told = 0;
    edoi_openapi_begin(o);
    for (const edoi_route *r = first; r; r = r->next) {
        if (!is_shown(r) || !edo_str_equal(r->pattern.text, first->pattern.text)) continue;
        for (size_t i = 0; i < EDO_COUNT(methods); i++)
            if (r->methods & ~told & EDO_METHOD_BIT(methods[i].method))
                put_operation(o, router, r, methods[i].name);
        told |= r->methods;
    }
    edoi_openapi_end(o);
}

/* ---- The document ---------------------------------------------------------------------------- */

static void put_info(edoi_openapi *o, const edo_openapi_opts *opts) {
    edoi_openapi_name(o, "info");
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "title", opts->title ? opts->title : "API");
    edoi_openapi_put(o, "version", opts->version ? opts->version : "0");
    edoi_openapi_put(o, "description", opts->doc);
    edoi_openapi_end(o);
    if (!opts->server) return;
    edoi_openapi_name(o, "servers");
    edoi_openapi_begin_list(o);
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "url", opts->server);
    edoi_openapi_end(o);
    edoi_openapi_end_list(o);
}

/* The form of a failure (RFC 9457), as edo_web_reply_problem() and the extractors write it. */
typedef struct problem_error {
    edo_str pointer, parameter, in, detail;
} problem_error;
EDO_DESCRIBE(problem_error,
             EDO_FIELD(problem_error, pointer, .optional = true, .doc = "where in the body"),
             EDO_FIELD(problem_error, parameter, .optional = true, .doc = "its name"),
             EDO_FIELD(problem_error, in, .optional = true, .doc = "the part that has it"),
             EDO_FIELD(problem_error, detail))

typedef struct problem {
    edo_str title, detail;
    problem_error *errors;
    size_t errors_n;
    int status;
} problem;
EDO_DESCRIBE(problem, EDO_FIELD(problem, title, .doc = "the reason phrase of the status"),
             EDO_FIELD(problem, status, .min = 100, .max = 999),
             EDO_FIELD(problem, detail, .optional = true, .doc = "what is wrong with the request"),
             EDO_FIELD_LIST_OF(problem, errors, errors_n, problem_error_desc, .optional = true,
                               .doc = "all that is wrong, field by field"))

static void put_components(edoi_openapi *o) {
    edoi_openapi_name(o, "components");
    edoi_openapi_begin(o);
    edoi_openapi_name(o, "responses");
    edoi_openapi_begin(o);
    edoi_openapi_name(o, "problem");
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "description", "The request could not be carried out");
    edoi_openapi_name(o, "content");
    edoi_openapi_begin(o);
    put_content(o, "application/problem+json", &problem_desc);
    edoi_openapi_end(o);
    edoi_openapi_end(o);
    edoi_openapi_end(o);
    edoi_openapi_name(o, "schemas");
    edoi_openapi_begin(o);
    edoi_openapi_schemas(o);
    edoi_openapi_end(o);
    edoi_openapi_schemes(o);
    edoi_openapi_end(o);
}

static void put_document(edoi_openapi *o, const edo_router *r, const edo_openapi_opts *opts) {
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "openapi", "3.1.0");
    put_info(o, opts);
    edoi_openapi_name(o, "paths");
    edoi_openapi_begin(o);
    for (const edoi_route *route = r->first; route && o->err == 0; route = route->next)
        if (is_shown(route) && is_first(r, route)) put_path_item(o, r, route);
    edoi_openapi_end(o);
    put_components(o);
    edoi_openapi_end(o);
}

int edo_openapi_print(const edo_router *r, const edo_openapi_opts *opts, edo_buf *out) {
    static const edo_openapi_opts defaults = { .title = NULL };
    edoi_openapi o = { .err = 0 };
    if (!r) return -ENOMEM;
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (!edoi_openapi_has_good_schemes(opts)) return -EINVAL;
    o.opts = opts;
    o.err = edo_json_writer_init(&o.json, out, NULL);
    put_document(&o, r, opts);
    edo_buf_deinit(&o.schemas.list);
    edo_buf_deinit(&o.named);
    return o.err;
}
