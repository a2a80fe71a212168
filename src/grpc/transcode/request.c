/* SPDX-License-Identifier: MIT */
/* grpc/transcode/request.c: see request.h. */
#include "grpc/transcode/request.h"
#include "grpc/wire/query.h"
#include "protobuf/json/known.h"

#include <edo/json.h>

#include <string.h>

static const edo_protobuf_json_opts json_opts = { .ignores_unknown = true };

/* ---- The body -------------------------------------------------------------------------------- */

static bool request_body_is_all(const edo_grpc_binding *b) {
    return b->body && strcmp(b->body, "*") == 0;
}

/* The body as the member of a message. It has to be one value by itself. */
static int request_wrap(edo_buf *out, const char *field, edo_str body) {
    edo_json_value *tree = NULL;
    int err = edo_json_value_parse(&tree, body, NULL);
    edo_json_value_free(tree);
    if (err == 0) err = edo_buf_printf(out, "{\"%s\":", field);
    if (err == 0) err = edo_buf_append(out, body.ptr, body.len);
    return err == 0 ? edo_buf_append(out, "}", 1) : err;
}

static int request_read_body(const edoi_transcode_request *r, void *out, const edo_desc *desc,
                             edo_arena *arena) {
    edo_buf whole = { 0 };
    if (!r->binding->body || r->body.len == 0) return edo_value_init(out, desc, arena);
    if (request_body_is_all(r->binding))
        return edo_protobuf_json_decode(out, desc, r->body, arena, &json_opts);
    int err = request_wrap(&whole, r->binding->body, r->body);
    if (err == 0)
        err = edo_protobuf_json_decode(out, desc, (edo_str){ whole.ptr, whole.len }, arena,
                                       &json_opts);
    edo_buf_deinit(&whole);
    return err;
}

/* ---- The query ------------------------------------------------------------------------------- */

/* Is it the field that the body has, or one in it? */
static bool request_is_of_body(const edo_grpc_binding *b, edo_str name) {
    const edo_str body = b->body ? edo_str_of(b->body) : EDO_STR("");
    if (body.len == 0 || name.len < body.len) return false;
    if (memcmp(name.ptr, body.ptr, body.len) != 0) return false;
    return name.len == body.len || name.ptr[body.len] == '.';
}

/* One parameter; `b` is empty memory. */
static int request_read_parameter(const edo_grpc_binding *binding, edo_str name, edo_str value,
                                  edo_buf *b, void *out, const edo_desc *desc, edo_arena *arena) {
    int err = edoi_grpc_query_decode(b, name);
    const size_t n = b->len;
    if (err == 0) err = edoi_grpc_query_decode(b, value);
    if (err < 0 || n == 0) return err;
    const edo_str field = { b->ptr, n };
    if (request_is_of_body(binding, field)) return 0;
    err = edo_protobuf_set_text(out, desc, field, (edo_str){ b->ptr + n, b->len - n }, arena);
    return err == -ENOENT ? 0 : err;
}

static int request_read_query(const edoi_transcode_request *r, void *out, const edo_desc *desc,
                              edo_arena *arena) {
    edo_str query = r->query, name, value;
    edo_buf b = { 0 };
    int err = 0;
    if (request_body_is_all(r->binding)) return 0;
    while (err == 0 && edoi_grpc_query_next(&query, &name, &value)) {
        b.len = 0;
        err = request_read_parameter(r->binding, name, value, &b, out, desc, arena);
    }
    edo_buf_deinit(&b);
    return err;
}

/* ---- The path -------------------------------------------------------------------------------- */

static int request_read_path(const edoi_transcode_request *r, void *out, const edo_desc *desc,
                             edo_arena *arena) {
    edo_str values[EDOI_TEMPLATE_VARIABLES_MAX];
    edo_buf b = { 0 };
    int err = 0;
    if (!edoi_template_match(r->template, r->path, values)) return -ENOENT;
    for (uint32_t i = 0; i < r->template->variables_n && err == 0; i++) {
        const edoi_template_variable *v = &r->template->variables[i];
        b.len = 0;
        err = edoi_template_decode(&b, values[i], v->is_long);
        if (err == 0)
            err = edo_protobuf_set_text(out, desc, v->field,
                                        (edo_str){ b.len > 0 ? b.ptr : "", b.len }, arena);
    }
    edo_buf_deinit(&b);
    return err;
}

int edoi_transcode_read(const edoi_transcode_request *r, void *out, const edo_desc *desc,
                        edo_arena *arena) {
    int err = request_read_body(r, out, desc, arena);
    if (err == 0) err = request_read_query(r, out, desc, arena);
    return err < 0 ? err : request_read_path(r, out, desc, arena);
}

/* ---- Fields ---------------------------------------------------------------------------------- */

bool edoi_transcode_has_field(const edo_desc *desc, edo_str path) {
    while (desc && desc->form == EDO_DESC_STRUCT) {
        const char *dot = path.len > 0 ? (const char *)memchr(path.ptr, '.', path.len) : NULL;
        const size_t n = dot ? (size_t)(dot - path.ptr) : path.len;
        const edo_field *f = edo_desc_find(desc, (edo_str){ path.ptr, n });
        if (!f || !dot) return f != NULL;
        desc = f->desc;
        path = (edo_str){ dot + 1, path.len - n - 1 };
    }
    return false;
}

static const char *request_nothing(const edo_field *f) {
    if (f->shape != EDO_SHAPE_LIST) return "null";
    return f->map ? "{}" : "[]";
}

int edoi_transcode_pick(edo_buf *out, edo_str json, const edo_desc *desc, const char *name) {
    edo_json_value *tree = NULL;
    edo_json_writer w;
    edo_buf member = { 0 };
    const edo_field *field = edo_desc_find(desc, edo_str_of(name)); // there is one: transcode.c
    int err = edoi_field_json_append(&member, field);
    if (err == 0) err = edo_json_value_parse(&tree, json, NULL);
    const edo_json_value *one =
        err == 0 ? edo_json_value_get(tree, (edo_str){ member.ptr, member.len }) : NULL;
    if (err == 0 && !one) {
        const char *text = request_nothing(field);
        err = edo_buf_append(out, text, strlen(text));
    } else if (err == 0) {
        err = edo_json_writer_init(&w, out, NULL);
        if (err == 0) err = edo_json_writer_value(&w, one);
    }
    edo_json_value_free(tree);
    edo_buf_deinit(&member);
    return err;
}
