/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/types.c: see types.h. */
#include "types.h"

#include "names.h"

/* Numbers of fields in descriptor.proto. */
enum { FILE_MESSAGE = 4, FILE_ENUM = 5, MESSAGE_NESTED = 3, MESSAGE_ENUM = 4 };

gen_place gen_place_in(const gen_place *outer, int32_t what, size_t i) {
    gen_place p = *outer;
    if (p.n + 2 > EDO_COUNT(p.path)) return p; // deeper than protoc goes: it has no comment
    p.path[p.n++] = what;
    p.path[p.n++] = (int32_t)i;
    return p;
}

bool gen_type_is_entry(const gen_type *t) {
    return t->message && t->message->options && t->message->options->map_entry;
}

static gen_type *types_add(gen *g, uint32_t file, edo_str outer, edo_str name, gen_place place) {
    gen_type *types = (gen_type *)gen_room(g, g->types, g->types_n, &g->types_room, sizeof *types);
    if (!types) return NULL;
    g->types = types;
    gen_type *t = &g->types[g->types_n++];
    t->file = file;
    t->place = place;
    t->full = gen_text(g, "%.*s.%.*s", GEN_STR(outer), GEN_STR(name));
    const edo_str path = { t->full.ptr + 1, t->full.len - 1 };
    t->name = gen_name_type(g, file, gen_snake(g, path));
    return t;
}

static void types_add_enums(gen *g, uint32_t file, edo_str outer, edo_str scope,
                            const enum_proto *all, size_t n, const gen_place *place, int32_t what) {
    for (size_t i = 0; i < n; i++) {
        gen_type *t = types_add(g, file, outer, all[i].name, gen_place_in(place, what, i));
        if (!t) return;
        t->values = &all[i];
        t->scope = scope;
    }
}

static void types_add_messages(gen *g, uint32_t file, edo_str outer, const message_proto *all,
                               size_t n, const gen_place *place, int32_t what) {
    for (size_t i = 0; i < n; i++) {
        const message_proto *m = &all[i];
        gen_type *t = types_add(g, file, outer, m->name, gen_place_in(place, what, i));
        if (!t) return;
        t->message = m;
        t->scope = t->name;
        const gen_type own = *t; // the index may move
        types_add_enums(g, file, own.full, own.scope, m->enum_type, m->enum_type_n, &own.place,
                        MESSAGE_ENUM);
        types_add_messages(g, file, own.full, m->nested_type, m->nested_type_n, &own.place,
                           MESSAGE_NESTED);
    }
}

/* What a file sees: itself, and what its imports see, which stand before it. */
static void types_find_sight(gen *g, size_t file) {
    const gen_request *r = g->request;
    const file_proto *f = &r->proto_file[file];
    bool *sees = g->sees + file * r->proto_file_n;
    sees[file] = true;
    for (size_t i = 0; i < f->dependency_n; i++) {
        for (size_t other = 0; other < file; other++) {
            if (!edo_str_equal(r->proto_file[other].name, f->dependency[i])) continue;
            for (size_t k = 0; k < file; k++) sees[k] |= g->sees[other * r->proto_file_n + k];
        }
    }
}

void gen_types_find(gen *g) {
    const gen_request *r = g->request;
    const gen_place top = { .n = 0 };
    g->sees = (bool *)gen_alloc(g, r->proto_file_n * r->proto_file_n);
    if (!g->sees) return;
    for (uint32_t i = 0; i < r->proto_file_n && g->err == 0; i++) {
        const file_proto *f = &r->proto_file[i];
        const edo_str outer =
            f->package.len > 0 ? gen_text(g, ".%.*s", GEN_STR(f->package)) : EDO_STR("");
        types_find_sight(g, i);
        types_add_enums(g, i, outer, gen_snake(g, f->package), f->enum_type, f->enum_type_n, &top,
                        FILE_ENUM);
        types_add_messages(g, i, outer, f->message_type, f->message_type_n, &top, FILE_MESSAGE);
    }
}

const gen_type *gen_type_named(gen *g, edo_str full) {
    for (size_t i = 0; i < g->types_n; i++)
        if (edo_str_equal(g->types[i].full, full)) return &g->types[i];
    return (const gen_type *)gen_fails(g, edo_fail(-ENOENT, "no type is %.*s", GEN_STR(full)));
}
