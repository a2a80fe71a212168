/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/names.c: see names.h. */
#include "names.h"

#include "words.h"

#include <stdio.h>

#define CHAINS 65536u

typedef struct gen_name {
    struct gen_name *next;
    edo_str text;
    uint32_t file;
} gen_name;

/* All names at file scope, in chains by their hash: they are the program's, not a peer's. */
struct gen_names {
    gen_name *heads[CHAINS];
};

/* ---- Spelling -------------------------------------------------------------------------------- */

static edo_str spelled(gen *g, edo_str name, char (*turn)(char)) {
    char *to = (char *)gen_alloc(g, 2 * name.len + 1), *at = to;
    if (!to) return EDO_STR("");
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i], before = i > 0 ? name.ptr[i - 1] : '_';
        char behind = i + 1 < name.len ? name.ptr[i + 1] : '_';
        bool is_in = gen_is_upper(before) && gen_is_lower(behind); // the S of HTTPServer
        bool begins = gen_is_upper(c) && (gen_is_lower(before) || gen_is_digit(before) || is_in);
        if (begins) *at++ = '_';
        *at++ = c == '.' ? '_' : turn(c);
    }
    return (edo_str){ to, (size_t)(at - to) };
}

edo_str gen_snake(gen *g, edo_str name) {
    return spelled(g, name, gen_lower);
}

edo_str gen_capitals(gen *g, edo_str name) {
    return spelled(g, name, gen_upper);
}

/* ---- At file scope --------------------------------------------------------------------------- */

static gen_name **names_chain(gen *g, edo_str text) {
    return &g->names->heads[gen_hash(text) % CHAINS];
}

static bool names_has(gen *g, uint32_t file, edo_str text) {
    for (const gen_name *n = *names_chain(g, text); n; n = n->next)
        if (gen_sees(g, file, n->file) && edo_str_equal(n->text, text)) return true;
    return false;
}

/* Can a program include the headers of both? It can if both are made together, or a third file
 * imports both. */
static bool names_files_meet(const gen *g, uint32_t a, uint32_t b) {
    const size_t files = g->request->proto_file_n;
    if (gen_is_asked_for(g, g->request->proto_file[a].name) &&
        gen_is_asked_for(g, g->request->proto_file[b].name))
        return true;
    for (size_t i = 0; i < files; i++)
        if (gen_sees(g, i, a) && gen_sees(g, i, b)) return true;
    return false;
}

/* Neither file knows of the other, so neither could take another name, and always the same. */
static void names_refuse(gen *g, const gen_name *other, uint32_t file) {
    (void)gen_fails(g, edo_fail(-EEXIST,
                                "%.*s and %.*s both make `%.*s` in C: import one in the other, or "
                                "give it another package or name",
                                GEN_STR(g->request->proto_file[other->file].name),
                                GEN_STR(g->request->proto_file[file].name), GEN_STR(other->text)));
}

static void names_add(gen *g, uint32_t file, edo_str text) {
    gen_name **chain = names_chain(g, text);
    for (const gen_name *other = *chain; other; other = other->next)
        if (edo_str_equal(other->text, text) && names_files_meet(g, other->file, file))
            names_refuse(g, other, file);
    gen_name *n = (gen_name *)gen_alloc(g, sizeof *n);
    if (!n) return;
    *n = (gen_name){ .next = *chain, .text = text, .file = file };
    *chain = n;
}

/* Which of two gets a name is an accident of their order: what a later version of the .proto adds
 * in front may take over a name that programs use. So protoc prints a warning. */
static void names_tell(const gen *g, uint32_t file, edo_str wanted, edo_str text) {
    const edo_str name = g->request->proto_file[file].name;
    if (!gen_is_asked_for(g, name)) return;
    (void)fprintf(stderr, "protoc-gen-edo: %.*s: %.*s is \"%.*s\" in C: another has its name\n",
                  GEN_STR(name), GEN_STR(wanted), GEN_STR(text));
}

/* Takes the name with each of the endings behind it. */
static edo_str names_take(gen *g, uint32_t file, edo_str wanted, const char *const *endings) {
    edo_str text = gen_is_taken(wanted) ? gen_text(g, "%.*s_", GEN_STR(wanted)) : wanted;
    const edo_str first = text;
    if (!g->names) g->names = (struct gen_names *)gen_alloc(g, sizeof *g->names);
    if (!g->names) return text;
    for (unsigned again = 2;; again++) {
        bool is_free = true;
        for (size_t i = 0; endings[i] && is_free; i++)
            is_free = !names_has(g, file, gen_text(g, "%.*s%s", GEN_STR(text), endings[i]));
        if (is_free || g->err < 0) break;
        text = gen_text(g, "%.*s_%u", GEN_STR(first), again);
    }
    for (size_t i = 0; endings[i]; i++)
        names_add(g, file, gen_text(g, "%.*s%s", GEN_STR(text), endings[i]));
    if (!edo_str_equal(text, first)) names_tell(g, file, first, text);
    return text;
}

edo_str gen_name_constant(gen *g, uint32_t file, edo_str wanted) {
    static const char *const itself[] = { "", NULL };
    return names_take(g, file, wanted, itself);
}

edo_str gen_name_type(gen *g, uint32_t file, edo_str wanted) {
    static const char *const described[] = { "", "_desc", "_fields", "_names", NULL };
    return names_take(g, file, wanted, described);
}

edo_str gen_name_all(gen *g, uint32_t file, edo_str wanted, const char *const *endings) {
    return names_take(g, file, wanted, endings);
}

/* ---- In a struct ----------------------------------------------------------------------------- */

bool gen_members_have(const gen_members *m, edo_str text) {
    for (size_t i = 0; i < m->n; i++)
        if (edo_str_equal(m->all[i], text)) return true;
    return false;
}

static void members_add(gen *g, gen_members *m, edo_str text) {
    edo_str *all = (edo_str *)gen_room(g, m->all, m->n, &m->room, sizeof *all);
    if (!all) return;
    m->all = all;
    m->all[m->n++] = text;
}

edo_str gen_name_members(gen *g, gen_members *m, edo_str wanted, const char *const *endings) {
    edo_str text = gen_is_reserved(wanted) ? gen_text(g, "%.*s_", GEN_STR(wanted)) : wanted;
    const edo_str first = text;
    for (unsigned again = 2;; again++) {
        bool is_free = true;
        for (size_t i = 0; endings[i] && is_free; i++)
            is_free = !gen_members_have(m, gen_text(g, "%.*s%s", GEN_STR(text), endings[i]));
        if (is_free || g->err < 0) break;
        text = gen_text(g, "%.*s_%u", GEN_STR(first), again);
    }
    for (size_t i = 0; endings[i]; i++)
        members_add(g, m, gen_text(g, "%.*s%s", GEN_STR(text), endings[i]));
    return text;
}

edo_str gen_name_member(gen *g, gen_members *m, edo_str wanted) {
    static const char *const itself[] = { "", NULL };
    return gen_name_members(g, m, wanted, itself);
}
