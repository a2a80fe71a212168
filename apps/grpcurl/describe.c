/* SPDX-License-Identifier: MIT */
/* describe.c: see describe.h. */
#include "describe.h"

#include <inttypes.h>
#include <string.h>

#define TYPE(name)  GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_##name
#define LABEL(name) GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_##name

#define STR(s) (int)(s).len, (s).len > 0 ? (s).ptr : "" /* of %.*s */

#define RANGE_MAX 536870912 /* the end, exclusive, of "100 to max" */

typedef google_protobuf_descriptor_proto message_proto;
typedef google_protobuf_field_descriptor_proto field_proto;
typedef google_protobuf_enum_descriptor_proto enum_proto;

/* A text while it is made. The first failure is kept. */
typedef struct describing {
    edo_buf *out;
    int depth; /* of blocks */
    bool is_proto3;
    int err;
} describing;

#define PUT(d, ...) describing_keep(d, edo_buf_printf((d)->out, __VA_ARGS__))

static void describing_keep(describing *d, int err) {
    if (d->err == 0) d->err = err;
}

static void describe_put_indent(describing *d) {
    PUT(d, "%*s", 2 * d->depth, "");
}

static void describe_put_begin(describing *d, const char *what, edo_str name) {
    describe_put_indent(d);
    PUT(d, "%s %.*s {\n", what, STR(name));
    d->depth++;
}

static void describe_put_end(describing *d) {
    d->depth--;
    describe_put_indent(d);
    PUT(d, "}\n");
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static const char *const types[] = {
    [TYPE(DOUBLE)] = "double",     [TYPE(FLOAT)] = "float",       [TYPE(INT64)] = "int64",
    [TYPE(UINT64)] = "uint64",     [TYPE(INT32)] = "int32",       [TYPE(FIXED64)] = "fixed64",
    [TYPE(FIXED32)] = "fixed32",   [TYPE(BOOL)] = "bool",         [TYPE(STRING)] = "string",
    [TYPE(GROUP)] = "group",       [TYPE(BYTES)] = "bytes",       [TYPE(UINT32)] = "uint32",
    [TYPE(SFIXED32)] = "sfixed32", [TYPE(SFIXED64)] = "sfixed64", [TYPE(SINT32)] = "sint32",
    [TYPE(SINT64)] = "sint64",
};

static void describe_put_type(describing *d, const field_proto *f) {
    const bool has_name = (size_t)f->type >= EDO_COUNT(types) || !types[f->type];
    if (has_name)
        PUT(d, "%.*s", STR(f->type_name));
    else
        PUT(d, "%s", types[f->type]);
}

/* The entry of a map that the field is of; NULL: it is no map. */
static const message_proto *map_entry_of(const message_proto *m, const field_proto *f) {
    for (size_t i = 0; m && f->type == TYPE(MESSAGE) && i < m->nested_type_n; i++) {
        const message_proto *e = &m->nested_type[i];
        const size_t n = e->name.len;
        if (e->options && e->options->map_entry && e->field_n == 2 && f->type_name.len > n &&
            memcmp(f->type_name.ptr + f->type_name.len - n, e->name.ptr, n) == 0 &&
            f->type_name.ptr[f->type_name.len - n - 1] == '.')
            return e;
    }
    return NULL;
}

static const char *label_of(const describing *d, const field_proto *f) {
    if (f->label == LABEL(REPEATED)) return "repeated ";
    if (f->label == LABEL(REQUIRED)) return "required ";
    if (f->proto3_optional) return "optional ";
    return d->is_proto3 || f->has_oneof_index ? "" : "optional ";
}

/* "[deprecated = true, …]": `n` counts what was put so far. */
static void describe_put_option_begin(describing *d, int *n, const char *name) {
    PUT(d, "%s%s = ", (*n)++ == 0 ? " [" : ", ", name);
}

static void describe_put_text(describing *d, edo_str text) {
    PUT(d, "\"");
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            PUT(d, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            PUT(d, "\\%03o", c);
        else
            PUT(d, "%c", c);
    }
    PUT(d, "\"");
}

static void describe_put_default(describing *d, const field_proto *f) {
    if (f->type == TYPE(BYTES))
        PUT(d, "\"%.*s\"", STR(f->default_value)); // escaped already
    else if (f->type == TYPE(STRING))
        describe_put_text(d, f->default_value);
    else
        PUT(d, "%.*s", STR(f->default_value));
}

/* Is its name in JSON another than protoc makes of its name? */
static bool has_own_json_name(const field_proto *f) {
    size_t at = 0;
    bool is_upper = false;
    for (size_t i = 0; f->has_json_name && i < f->name.len; i++) {
        char c = f->name.ptr[i];
        if (c != '_') {
            if (is_upper && c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
            if (at >= f->json_name.len || f->json_name.ptr[at++] != c) return true;
        }
        is_upper = c == '_';
    }
    return f->has_json_name && at != f->json_name.len;
}

static void describe_put_options(describing *d, const field_proto *f) {
    int n = 0;
    if (f->has_default_value) {
        describe_put_option_begin(d, &n, "default");
        describe_put_default(d, f);
    }
    if (has_own_json_name(f)) {
        describe_put_option_begin(d, &n, "json_name");
        describe_put_text(d, f->json_name);
    }
    if (f->options && f->options->has_packed) {
        describe_put_option_begin(d, &n, "packed");
        PUT(d, "%s", f->options->packed ? "true" : "false");
    }
    if (f->options && f->options->deprecated) {
        describe_put_option_begin(d, &n, "deprecated");
        PUT(d, "true");
    }
    if (n > 0) PUT(d, "]");
}

static void describe_put_field(describing *d, const message_proto *m, const field_proto *f) {
    const message_proto *entry = map_entry_of(m, f);
    describe_put_indent(d);
    if (entry) {
        PUT(d, "map<");
        describe_put_type(d, &entry->field[0]);
        PUT(d, ", ");
        describe_put_type(d, &entry->field[1]);
        PUT(d, ">");
    } else {
        PUT(d, "%s", label_of(d, f));
        describe_put_type(d, f);
    }
    PUT(d, " %.*s = %d", STR(f->name), (int)f->number);
    describe_put_options(d, f);
    PUT(d, ";\n");
}

static bool field_is_of(const field_proto *f, size_t oneof) {
    return f->has_oneof_index && !f->proto3_optional && (size_t)f->oneof_index == oneof;
}

static void describe_put_oneof(describing *d, const message_proto *m, size_t oneof) {
    describe_put_begin(d, "oneof", m->oneof_decl[oneof].name);
    for (size_t i = 0; i < m->field_n; i++)
        if (field_is_of(&m->field[i], oneof)) describe_put_field(d, m, &m->field[i]);
    describe_put_end(d);
}

/* A oneof stands where the first of its members does. */
static void describe_put_fields(describing *d, const message_proto *m) {
    for (size_t i = 0; i < m->field_n; i++) {
        const field_proto *f = &m->field[i];
        const size_t oneof = (size_t)f->oneof_index;
        size_t first = 0;
        if (!f->has_oneof_index || f->proto3_optional || oneof >= m->oneof_decl_n) {
            describe_put_field(d, m, f);
            continue;
        }
        while (!field_is_of(&m->field[first], oneof)) first++;
        if (first == i) describe_put_oneof(d, m, oneof);
    }
}

/* ---- Enums and messages ---------------------------------------------------------------------- */

static void describe_put_value(describing *d,
                               const google_protobuf_enum_value_descriptor_proto *v) {
    const bool is_old = v->options && v->options->deprecated;
    describe_put_indent(d);
    PUT(d, "%.*s = %d%s;\n", STR(v->name), (int)v->number, is_old ? " [deprecated = true]" : "");
}

static void describe_put_enum(describing *d, const enum_proto *e) {
    describe_put_begin(d, "enum", e->name);
    if (e->options && e->options->allow_alias) {
        describe_put_indent(d);
        PUT(d, "option allow_alias = true;\n");
    }
    for (size_t i = 0; i < e->value_n; i++) describe_put_value(d, &e->value[i]);
    describe_put_end(d);
}

/* "100 to 199": the end is exclusive. */
static void describe_put_range(describing *d, const char *what, int32_t start, int32_t end) {
    describe_put_indent(d);
    if (end >= RANGE_MAX)
        PUT(d, "%s %d to max;\n", what, (int)start);
    else if ((int64_t)end - start > 1)
        PUT(d, "%s %d to %d;\n", what, (int)start, (int)end - 1);
    else
        PUT(d, "%s %d;\n", what, (int)start);
}

static void describe_put_ranges(describing *d, const message_proto *m) {
    for (size_t i = 0; i < m->extension_range_n; i++)
        describe_put_range(d, "extensions", m->extension_range[i].start, m->extension_range[i].end);
    for (size_t i = 0; i < m->reserved_range_n; i++)
        describe_put_range(d, "reserved", m->reserved_range[i].start, m->reserved_range[i].end);
    for (size_t i = 0; i < m->reserved_name_n; i++) {
        describe_put_indent(d);
        PUT(d, "reserved ");
        describe_put_text(d, m->reserved_name[i]);
        PUT(d, ";\n");
    }
}

static void describe_put_message(describing *d, const message_proto *m) {
    describe_put_begin(d, "message", m->name);
    describe_put_fields(d, m);
    for (size_t i = 0; i < m->enum_type_n; i++) describe_put_enum(d, &m->enum_type[i]);
    for (size_t i = 0; i < m->nested_type_n; i++) {
        const message_proto *inner = &m->nested_type[i];
        if (!inner->options || !inner->options->map_entry) describe_put_message(d, inner);
    }
    describe_put_ranges(d, m);
    describe_put_end(d);
}

/* ---- Services -------------------------------------------------------------------------------- */

static void describe_put_method(describing *d, const google_protobuf_method_descriptor_proto *m) {
    describe_put_indent(d);
    PUT(d, "rpc %.*s ( %s%.*s ) returns ( %s%.*s );\n", STR(m->name),
        m->client_streaming ? "stream " : "", STR(m->input_type),
        m->server_streaming ? "stream " : "", STR(m->output_type));
}

static void describe_put_service(describing *d, const google_protobuf_service_descriptor_proto *s) {
    describe_put_begin(d, "service", s->name);
    for (size_t i = 0; i < s->method_n; i++) describe_put_method(d, &s->method[i]);
    describe_put_end(d);
}

int describe_symbol(edo_buf *out, const symbol *s) {
    describing d = { .out = out, .is_proto3 = edo_str_equal(s->file->syntax, EDO_STR("proto3")) };
    switch (s->kind) {
    case SYMBOL_MESSAGE: describe_put_message(&d, s->message); break;
    case SYMBOL_FIELD: describe_put_field(&d, s->message, s->field); break;
    case SYMBOL_ONEOF: describe_put_oneof(&d, s->message, s->oneof); break;
    case SYMBOL_ENUM: describe_put_enum(&d, s->values); break;
    case SYMBOL_VALUE: describe_put_value(&d, s->value); break;
    case SYMBOL_SERVICE: describe_put_service(&d, s->service); break;
    case SYMBOL_METHOD: describe_put_method(&d, s->method); break;
    case SYMBOL_EXTENSION: describe_put_field(&d, NULL, s->field); break;
    }
    return d.err;
}
