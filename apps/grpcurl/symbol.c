/* SPDX-License-Identifier: MIT */
/* symbol.c: see symbol.h. A value of an enum lies in the scope that the enum lies in. */
#include "symbol.h"

#include <string.h>

const char *symbol_kind_name(symbol_kind kind) {
    static const char *const names[] = {
        [SYMBOL_MESSAGE] = "a message",   [SYMBOL_FIELD] = "a field",
        [SYMBOL_ONEOF] = "a one-of",      [SYMBOL_ENUM] = "an enum",
        [SYMBOL_VALUE] = "an enum value", [SYMBOL_SERVICE] = "a service",
        [SYMBOL_METHOD] = "a method",     [SYMBOL_EXTENSION] = "an extension",
    };
    return names[kind];
}

/* Is `name` the first part of the path, or all of it? `*rest` is what is behind it. */
static bool name_begins(edo_str path, edo_str name, edo_str *rest) {
    if (name.len == 0 || path.len < name.len || memcmp(path.ptr, name.ptr, name.len) != 0)
        return false;
    const size_t n = name.len + (path.len > name.len);
    if (path.len > name.len && path.ptr[name.len] != '.') return false;
    *rest = (edo_str){ path.ptr + n, path.len - n };
    return true;
}

static bool find_in_enums(symbol *out, edo_str path,
                          const google_protobuf_enum_descriptor_proto *all, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out->values = &all[i];
        out->kind = SYMBOL_ENUM;
        if (edo_str_equal(all[i].name, path)) return true;
        out->kind = SYMBOL_VALUE;
        for (size_t k = 0; k < all[i].value_n; k++) {
            out->value = &all[i].value[k];
            if (edo_str_equal(out->value->name, path)) return true;
        }
    }
    return false;
}

static bool find_in_fields(symbol *out, edo_str path, symbol_kind kind,
                           const google_protobuf_field_descriptor_proto *all, size_t n) {
    out->kind = kind;
    for (size_t i = 0; i < n; i++) {
        out->field = &all[i];
        if (edo_str_equal(all[i].name, path)) return true;
    }
    return false;
}

static bool find_in_messages(symbol *out, edo_str path, const google_protobuf_descriptor_proto *all,
                             size_t n);

static bool find_in_message(symbol *out, edo_str path, const google_protobuf_descriptor_proto *m) {
    out->message = m;
    out->kind = SYMBOL_MESSAGE;
    if (path.len == 0) return true;
    if (find_in_fields(out, path, SYMBOL_FIELD, m->field, m->field_n)) return true;
    out->kind = SYMBOL_ONEOF;
    for (out->oneof = 0; out->oneof < m->oneof_decl_n; out->oneof++)
        if (edo_str_equal(m->oneof_decl[out->oneof].name, path)) return true;
    return find_in_fields(out, path, SYMBOL_EXTENSION, m->extension, m->extension_n) ||
           find_in_enums(out, path, m->enum_type, m->enum_type_n) ||
           find_in_messages(out, path, m->nested_type, m->nested_type_n);
}

static bool find_in_messages(symbol *out, edo_str path, const google_protobuf_descriptor_proto *all,
                             size_t n) {
    edo_str rest;
    for (size_t i = 0; i < n; i++)
        if (name_begins(path, all[i].name, &rest) && find_in_message(out, rest, &all[i]))
            return true;
    return false;
}

static bool find_in_services(symbol *out, edo_str path,
                             const google_protobuf_file_descriptor_proto *f) {
    edo_str rest;
    for (size_t i = 0; i < f->service_n; i++) {
        out->service = &f->service[i];
        out->kind = SYMBOL_SERVICE;
        if (!name_begins(path, out->service->name, &rest)) continue;
        if (rest.len == 0) return true;
        out->kind = SYMBOL_METHOD;
        for (size_t k = 0; k < out->service->method_n; k++) {
            out->method = &out->service->method[k];
            if (edo_str_equal(out->method->name, rest)) return true;
        }
    }
    return false;
}

bool symbol_find(symbol *out, const edo_protobuf_schema *schema, edo_str name) {
    const google_protobuf_file_descriptor_set *set = edo_protobuf_schema_files(schema);
    for (size_t i = 0; i < set->file_n; i++) {
        const google_protobuf_file_descriptor_proto *f = &set->file[i];
        edo_str path = name;
        if (f->package.len > 0 && !name_begins(name, f->package, &path)) continue;
        *out = (symbol){ .file = f };
        if (find_in_services(out, path, f) ||
            find_in_messages(out, path, f->message_type, f->message_type_n) ||
            find_in_enums(out, path, f->enum_type, f->enum_type_n) ||
            find_in_fields(out, path, SYMBOL_EXTENSION, f->extension, f->extension_n))
            return true;
    }
    return false;
}
