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
    const size_t words = gen_words(g);
    uint64_t *sees = g->sees + file * words;
    gen_add(sees, file);
    for (size_t i = 0; i < f->dependency_n; i++) {
        size_t other = file; // most stand shortly before it
        while (other > 0 && !edo_str_equal(r->proto_file[other - 1].name, f->dependency[i]))
            other--;
        for (size_t k = 0; k < words && other > 0; k++) sees[k] |= g->sees[(other - 1) * words + k];
    }
}

/* A table with open addresses, at most half full, of the places of types, and 1; 0: none. */
struct gen_type_index {
    size_t mask;
    size_t *places;
};

/* Of types with one name the first is found. */
static void types_index(gen *g) {
    struct gen_type_index *x = (struct gen_type_index *)gen_alloc(g, sizeof *x);
    size_t room = 64;
    while (room < 2 * g->types_n) room *= 2;
    if (x) x->places = (size_t *)gen_alloc(g, room * sizeof *x->places);
    if (!x || !x->places) return;
    x->mask = room - 1;
    for (size_t i = 0; i < g->types_n; i++) {
        size_t at = gen_hash(g->types[i].full) & x->mask;
        while (x->places[at] != 0) at = (at + 1) & x->mask;
        x->places[at] = i + 1;
    }
    g->index = x;
}

void gen_types_find(gen *g) {
    const gen_request *r = g->request;
    const gen_place top = { .n = 0 };
    const size_t words = gen_words(g);
    g->sees = (uint64_t *)gen_alloc(g, ((r->proto_file_n + 2) * words + 1) * sizeof *g->sees);
    g->first_types = (size_t *)gen_alloc(g, (r->proto_file_n + 1) * sizeof *g->first_types);
    if (!g->sees || !g->first_types) return;
    g->used = g->sees + r->proto_file_n * words;
    g->had = g->used + words;
    for (uint32_t i = 0; i < r->proto_file_n && g->err == 0; i++) {
        const file_proto *f = &r->proto_file[i];
        const edo_str outer =
            f->package.len > 0 ? gen_text(g, ".%.*s", GEN_STR(f->package)) : EDO_STR("");
        types_find_sight(g, i);
        types_add_enums(g, i, outer, gen_snake(g, f->package), f->enum_type, f->enum_type_n, &top,
                        FILE_ENUM);
        types_add_messages(g, i, outer, f->message_type, f->message_type_n, &top, FILE_MESSAGE);
        g->first_types[i + 1] = g->types_n;
    }
    types_index(g);
}

const gen_type *gen_type_named(gen *g, edo_str full) {
    const struct gen_type_index *x = g->index;
    for (size_t at = gen_hash(full) & x->mask; x->places[at] != 0; at = (at + 1) & x->mask)
        if (edo_str_equal(g->types[x->places[at] - 1].full, full))
            return &g->types[x->places[at] - 1];
    return (const gen_type *)gen_fails(g, edo_fail(-ENOENT, "no type is %.*s", GEN_STR(full)));
}
