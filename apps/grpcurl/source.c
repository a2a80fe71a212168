/* SPDX-License-Identifier: MIT */
/* source.c: see source.h. */
#include "source.h"

#include <edo/error.h>

#include <errno.h>
#include <stdlib.h>

#include <google/protobuf/any.edo.h>
#include <google/protobuf/descriptor.edo.h>

#define ANY_DEPTH 8 /* of one Any in another */

int source_init(source *self, const options *o, edo_grpc_channel *channel,
                const edo_grpc_call_opts *opts, edo_arena *arena) {
    int err = 0;
    *self = (source){ .arena = arena,
                      .files = { .arena = arena },
                      .reflection = { .channel = options_have_files(o) ? NULL : channel,
                                      .opts = opts } };
    for (size_t i = 0; i < o->protosets.n && err == 0; i++)
        err = files_add_set(&self->files, o->protosets.items[i]);
    if (err == 0 && o->protos.n > 0) err = files_add_protos(&self->files, o);
    return err == 0 ? files_schema(&self->files, &self->schema) : err;
}

void source_deinit(source *self) {
    reflection_end(&self->reflection);
}

/* ---- Services -------------------------------------------------------------------------------- */

static int source_list_files(source *self, edo_str **out, size_t *n) {
    const google_protobuf_file_descriptor_set *set = edo_protobuf_schema_files(self->schema);
    size_t count = 0;
    for (size_t i = 0; i < set->file_n; i++) count += set->file[i].service_n;
    *out = edo_arena_alloc(self->arena, (count + 1) * sizeof **out);
    if (!*out) return -ENOMEM;
    *n = 0;
    for (size_t i = 0; i < set->file_n; i++) {
        const google_protobuf_file_descriptor_proto *f = &set->file[i];
        for (size_t k = 0; k < f->service_n; k++) {
            const edo_str name = f->service[k].name;
            (*out)[*n] = edo_arena_print(self->arena, "%.*s%s%.*s", (int)f->package.len,
                                         f->package.len > 0 ? f->package.ptr : "",
                                         f->package.len > 0 ? "." : "", (int)name.len, name.ptr);
            if (!(*out)[(*n)++].ptr) return -ENOMEM;
        }
    }
    return 0;
}

static int source_compare_names(const void *a, const void *b) {
    const edo_str *x = a, *y = b;
    const int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

void source_sort(edo_str *names, size_t n) {
    if (n > 0) qsort(names, n, sizeof *names, source_compare_names);
}

int source_list(source *self, edo_str **out, size_t *n) {
    int err = self->reflection.channel ? reflection_list(&self->reflection, self->arena, out, n)
                                       : source_list_files(self, out, n);
    if (err == 0) source_sort(*out, *n);
    return err;
}

/* ---- Symbols --------------------------------------------------------------------------------- */

int source_need(source *self, edo_str symbol) {
    const size_t before = self->files.n;
    if (!self->reflection.channel) return 0;
    int err = reflection_fetch(&self->reflection, &self->files, symbol);
    if (err < 0 || self->files.n == before) return err;
    return files_schema(&self->files, &self->schema);
}

/* ---- What an Any holds ----------------------------------------------------------------------- */

/* A walk that looks for them. */
typedef struct any_walk {
    source *source;
    const edo_field *url, *url2; /* the field of both descriptions that there are of an Any */
    edo_str name;                /* of the type, of the Any that is walked over */
    int depth;
} any_walk;

static void any_walk_over(any_walk *w, const void *value, const edo_desc *desc);

static void any_walk_into(any_walk *w, edo_str message) {
    edo_arena arena = { 0 };
    const edo_str name = w->name;
    const edo_desc *desc = edo_protobuf_schema_find(w->source->schema, name);
    if (!desc && source_need(w->source, name) < 0) edo_trail_clear();
    if (!desc) desc = edo_protobuf_schema_find(w->source->schema, name);
    void *value = desc && w->depth > 0 ? edo_arena_alloc(&arena, desc->size) : NULL;
    if (value && edo_protobuf_decode(value, desc, message, &arena) == 0) {
        w->depth--;
        any_walk_over(w, value, desc);
        w->depth++;
    }
    edo_arena_deinit(&arena);
}

static int any_walk_element(void *arg, const edo_field *f, const void *element) {
    any_walk *w = arg;
    if (f == w->url || f == w->url2) {
        const edo_str url = *(const edo_str *)element;
        size_t at = url.len;
        while (at > 0 && url.ptr[at - 1] != '/') at--;
        w->name = (edo_str){ url.ptr + at, url.len - at };
    } else if (f == w->url + 1 || f == w->url2 + 1) {
        if (w->name.len > 0) any_walk_into(w, ((const edo_bytes *)element)->str);
    }
    return 0;
}

static void any_walk_over(any_walk *w, const void *value, const edo_desc *desc) {
    static const edo_visitor_ops ops = { .element = any_walk_element };
    (void)edo_visit(value, desc, &ops, w); // what is too deep for it has no form in JSON either
}

void source_need_any(source *self, const void *value, const edo_desc *desc) {
    const edo_desc *any = edo_protobuf_schema_find(self->schema, EDO_STR("google.protobuf.Any"));
    any_walk w = { .source = self,
                   .url = any->fields,
                   .url2 = google_protobuf_any_desc.fields,
                   .depth = ANY_DEPTH };
    any_walk_over(&w, value, desc);
}
