/* SPDX-License-Identifier: MIT */
/* protobuf/schema/types.c: all messages and enums of a set, found by name. See schema.h. */
#include "base/assert.h"
#include "protobuf/json/known.h"
#include "protobuf/schema/schema.h"

#include <stdlib.h>

bool edoi_schema_is_entry(const edoi_schema_type *t) {
    return t->message && t->message->options && t->message->options->map_entry;
}

bool edoi_schema_name_is_good(edo_str name) {
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool is_digit = c >= '0' && c <= '9';
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && (!is_digit || i == 0)) return false;
    }
    return name.len > 0 && name.len < UINT16_MAX;
}

/* ---- How many there are ---------------------------------------------------------------------- */

static size_t types_count(const edoi_message_proto *all, size_t n) {
    size_t count = n;
    for (size_t i = 0; i < n; i++)
        count += all[i].enum_type_n + types_count(all[i].nested_type, all[i].nested_type_n);
    return count;
}

static size_t types_count_all(const google_protobuf_file_descriptor_set *set) {
    size_t count = 0;
    for (size_t i = 0; i < set->file_n; i++)
        count += set->file[i].enum_type_n +
                 types_count(set->file[i].message_type, set->file[i].message_type_n);
    return count;
}

/* ---- Their names ----------------------------------------------------------------------------- */

/* Where a type lies: in a file, in a package or a message. */
typedef struct type_scope {
    const edoi_file_proto *file;
    edo_str full; /* ".hello.v1" */
} type_scope;

/* One more of those that have room; NULL: it failed. */
static edoi_schema_type *schema_add_type(edo_protobuf_schema *s, const type_scope *scope,
                                         edo_str name) {
    edoi_schema_type *t = &s->types[s->types_n];
    const edo_str outer = scope->full;
    if (!edoi_schema_name_is_good(name)) {
        edoi_schema_refuses(s, outer, name, "must have a name of letters, digits and '_'");
        return NULL;
    }
    const size_t n = outer.len + 1 + name.len;
    char *full = (char *)edoi_schema_alloc(s, 1, n + 1);
    if (!full) return NULL;
    if (outer.len > 0) memcpy(full, outer.ptr, outer.len);
    full[outer.len] = '.';
    memcpy(full + outer.len + 1, name.ptr, name.len);
    t->full = (edo_str){ full, n };
    t->is_proto3 = edo_str_equal(scope->file->syntax, EDO_STR("proto3"));
    t->used = edoi_known_desc((edo_str){ full + 1, n - 1 });
    if (!t->used) t->used = &t->desc;
    t->desc.name = full; // no name of a struct in C has a dot: it is none of edo's own
    s->types_n++;
    return t;
}

static void schema_add_enums(edo_protobuf_schema *s, const type_scope *scope,
                             const edoi_enum_proto *all, size_t n) {
    for (size_t i = 0; i < n && s->err == 0; i++) {
        edoi_schema_type *t = schema_add_type(s, scope, all[i].name);
        if (!t) return;
        t->values = &all[i];
        t->desc.form = EDO_DESC_ENUM;
    }
}

/* Not deeper than messages were decoded. */
static void schema_add_messages(edo_protobuf_schema *s, const type_scope *scope,
                                const edoi_message_proto *all, size_t n) {
    for (size_t i = 0; i < n && s->err == 0; i++) {
        const edoi_message_proto *m = &all[i];
        edoi_schema_type *t = schema_add_type(s, scope, m->name);
        if (!t) return;
        t->message = m;
        t->desc.form = EDO_DESC_STRUCT;
        const type_scope inner = { scope->file, t->full };
        schema_add_enums(s, &inner, m->enum_type, m->enum_type_n);
        schema_add_messages(s, &inner, m->nested_type, m->nested_type_n);
    }
}

static bool package_is_good(edo_str package) {
    while (package.len > 0) {
        const char *dot = (const char *)memchr(package.ptr, '.', package.len);
        const size_t n = dot ? (size_t)(dot - package.ptr) : package.len;
        if (!edoi_schema_name_is_good((edo_str){ package.ptr, n })) return false;
        if (dot && n + 1 == package.len) return false;
        package = (edo_str){ package.ptr + n + (dot != NULL), package.len - n - (dot != NULL) };
    }
    return true;
}

static void schema_add_file(edo_protobuf_schema *s, const edoi_file_proto *file) {
    type_scope scope = { file, EDO_STR("") };
    if (!package_is_good(file->package)) {
        edoi_schema_refuses(s, EDO_STR(""), file->package, "is no name of a package");
        return;
    }
    if (file->package.len > 0) {
        char *full = (char *)edoi_schema_alloc(s, 1, file->package.len + 1);
        if (!full) return;
        *full = '.';
        memcpy(full + 1, file->package.ptr, file->package.len);
        scope.full = (edo_str){ full, file->package.len + 1 };
    }
    schema_add_enums(s, &scope, file->enum_type, file->enum_type_n);
    schema_add_messages(s, &scope, file->message_type, file->message_type_n);
}

/* ---- In order -------------------------------------------------------------------------------- */

static int names_compare(edo_str a, edo_str b) {
    const size_t n = a.len < b.len ? a.len : b.len;
    const int order = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int types_compare(const void *a, const void *b) {
    return names_compare((*(const edoi_schema_type *const *)a)->full,
                         (*(const edoi_schema_type *const *)b)->full);
}

static void types_sort(edo_protobuf_schema *s) {
    const size_t n = s->types_n;
    s->sorted = (const edoi_schema_type **)edoi_schema_alloc(s, n, sizeof *s->sorted);
    if (!s->sorted) return;
    for (size_t i = 0; i < n; i++) s->sorted[i] = &s->types[i];
    qsort(s->sorted, n, sizeof *s->sorted, types_compare);
    for (size_t i = 1; i < n; i++) {
        const int order = types_compare(&s->sorted[i - 1], &s->sorted[i]);
        EDO_INV("schema inv. 1", order <= 0);
        if (order == 0)
            edoi_schema_refuses(s, s->sorted[i]->full, EDO_STR(""), "is there more than once");
    }
}

void edoi_schema_find_types(edo_protobuf_schema *s) {
    const size_t n = types_count_all(&s->files);
    s->types = (edoi_schema_type *)edoi_schema_alloc(s, n, sizeof *s->types);
    for (size_t i = 0; s->err == 0 && i < s->files.file_n; i++)
        schema_add_file(s, &s->files.file[i]);
    EDO_ASSERT(s->types_n <= n);
    if (s->err == 0) types_sort(s);
}

const edo_desc *edoi_schema_desc_named(const edo_protobuf_schema *s, edo_str name) {
    size_t from = 0, to = s->types_n;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const edo_str full = s->sorted[middle]->full;
        const int order = names_compare(name, (edo_str){ full.ptr + 1, full.len - 1 });
        if (order == 0) return s->sorted[middle]->used;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return edoi_known_desc(name);
}
