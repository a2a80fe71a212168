/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/header.c: see header.h. A header has what it includes, enums, structs, then the
 * descriptions: each is declared before the first, since messages may hold each other. */
#include "header.h"

#include "comment.h"
#include "field.h"
#include "names.h"
#include "proto.h"
#include "service.h"
#include "types.h"

/* Numbers of fields in descriptor.proto. */
enum { ENUM_VALUE = 2 };

/* The messages of a file; entries of maps last, as they hold others. */
typedef struct header {
    gen *g;
    uint32_t file;
    const file_proto *proto;
    gen_message *messages;
    size_t messages_n;
} header;

edo_str gen_header_name(gen *g, edo_str proto) {
    const edo_str ending = EDO_STR(".proto");
    if (proto.len > ending.len &&
        memcmp(proto.ptr + proto.len - ending.len, ending.ptr, ending.len) == 0)
        proto.len -= ending.len;
    return gen_text(g, "%.*s.edo.h", GEN_STR(proto));
}

/* ---- Head ------------------------------------------------------------------------------------ */

/* HELLO_WORLD of hello/world.proto: the name of its macros. Files that it imports may be called
 * much the same: hello-world.proto. */
static edo_str header_macro(gen *g, uint32_t file, edo_str name) {
    static const char *const endings[] = { "_EDO_H", "_TYPES", NULL };
    name.len -= sizeof ".edo.h" - 1;
    char *to = (char *)gen_alloc(g, name.len + 2), *at = to;
    if (!to) return EDO_STR("");
    if (name.len > 0 && gen_is_digit(*name.ptr)) *at++ = 'P';
    for (size_t i = 0; i < name.len; i++) {
        char c = gen_upper(name.ptr[i]);
        *at++ = gen_is_upper(c) || gen_is_digit(c) ? c : '_';
    }
    return gen_name_all(g, file, (edo_str){ to, (size_t)(at - to) }, endings);
}

/* x/foo.proto and x_foo.proto would have the same macros, but for this: "_" and a number for names
 * that are not of small letters, digits and '/' alone, "" for others. */
static edo_str header_mark(gen *g, edo_str proto) {
    bool is_plain = proto.len > 0 && !gen_is_digit(*proto.ptr);
    const size_t n = gen_header_name(g, proto).len - (sizeof ".edo.h" - 1);
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)proto.ptr[i];
        is_plain &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/';
    }
    return is_plain ? EDO_STR("")
                    : gen_text(g, "_%08x", (unsigned)gen_hash((edo_str){ proto.ptr, n }));
}

static bool has_services(const header *h) {
    return h->proto->service_n > 0 && !h->g->has_no_services;
}

static void header_use(gen *g, uint32_t file, edo_str import) {
    for (uint32_t i = 0; i < file; i++)
        if (edo_str_equal(g->request->proto_file[i].name, import)) gen_add(g->used, i);
}

/* Finds what it takes types from, and what it makes visible to others; and what edo has headers of.
 * Other imports, such as files with options alone, are left out. */
static void header_find_used(const header *h) {
    gen *g = h->g;
    memset(g->used, 0, gen_words(g) * sizeof *g->used);
    for (size_t i = 0; i < h->messages_n; i++) {
        const gen_message *m = &h->messages[i];
        for (size_t k = 0; k < m->fields_n; k++)
            if (m->fields[k].type) gen_add(g->used, m->fields[k].type->file);
    }
    if (has_services(h)) gen_services_use(g, h->proto);
    for (size_t i = 0; i < h->proto->public_dependency_n; i++) {
        const size_t at = (size_t)h->proto->public_dependency[i];
        if (at < h->proto->dependency_n) header_use(g, h->file, h->proto->dependency[at]);
    }
    gen_use_installed(g, h->file);
}

static void put_includes(const header *h) {
    gen *g = h->g;
    gen_put(g, has_services(h) ? "#include <edo/grpc.h>\n" : "#include <edo/protobuf.h>\n");
    bool any = false;
    for (uint32_t i = 0; i < h->file; i++) {
        if (!gen_has(g->used, i)) continue;
        gen_put(g, "%s#include \"%.*s\"\n", any ? "" : "\n",
                GEN_STR(gen_header_name(g, g->request->proto_file[i].name)));
        any = true;
    }
}

/* ---- Enums ----------------------------------------------------------------------------------- */

static void put_constant(gen *g, int32_t n) {
    if (n == INT32_MIN)
        gen_put(g, "(-2147483647 - 1)");
    else
        gen_put(g, "%d", (int)n);
}

static void put_enum(const header *h, const gen_type *t) {
    gen *g = h->g;
    const enum_proto *e = t->values;
    edo_str *names = (edo_str *)gen_alloc(g, (e->value_n + 1) * sizeof *names);
    if (!names) return;
    gen_put(g, "\n");
    gen_put_comment(g, h->proto, &t->place, "", EDO_STR(""));
    gen_put(g, "typedef enum %.*s {\n", GEN_STR(t->name));
    for (size_t i = 0; i < e->value_n; i++) {
        const edo_str value = gen_capitals(g, e->value[i].name);
        const edo_str wanted =
            t->scope.len > 0
                ? gen_text(g, "%.*s_%.*s", GEN_STR(gen_capitals(g, t->scope)), GEN_STR(value))
                : value;
        const gen_place place = gen_place_in(&t->place, ENUM_VALUE, i);
        names[i] = gen_name_constant(g, h->file, wanted);
        gen_put_comment(g, h->proto, &place, "    ", EDO_STR(""));
        gen_put(g, "    %.*s = ", GEN_STR(names[i]));
        put_constant(g, e->value[i].number);
        gen_put(g, ",\n");
    }
    gen_put(g, "} %.*s;\nEDO_DESCRIBE_ENUM(%.*s", GEN_STR(t->name), GEN_STR(t->name));
    for (size_t i = 0; i < e->value_n; i++)
        gen_put(g, ",\n    EDO_UNIT(%.*s, \"%.*s\")", GEN_STR(names[i]), GEN_STR(e->value[i].name));
    gen_put(g, ")\n");
}

/* ---- Structs --------------------------------------------------------------------------------- */

/* Is a member called as the type? Then C++ wants to be told that the type is meant. */
static bool is_hidden(const gen_message *m, const gen_type *type) {
    return type && gen_members_have(&m->members, type->name);
}

static void put_member(gen *g, const gen_message *m, const gen_field *f, const char *indent) {
    const edo_str type = f->type ? f->type->name : edo_str_of(f->scalar);
    const bool is_far = f->shape == GEN_PTR || f->shape == GEN_LIST;
    const char *what = !is_hidden(m, f->type) ? "" : f->type->values ? "enum " : "struct ";
    gen_put(g, "%s%s%.*s %s%.*s;\n", indent, what, GEN_STR(type), is_far ? "*" : "",
            GEN_STR(f->member));
    if (f->shape == GEN_LIST) gen_put(g, "%ssize_t %.*s;\n", indent, GEN_STR(f->count));
    if (f->has.len > 0) gen_put(g, "%sbool %.*s;\n", indent, GEN_STR(f->has));
}

/* The members of a oneof, where the first of them stands. */
static void put_oneof(const header *h, const gen_message *m, const gen_field *first) {
    gen *g = h->g;
    gen_put(g, "    uint32_t %.*s; /* which of these is there; 0: none */\n    union {\n",
            GEN_STR(first->which));
    for (size_t i = 0; i < m->fields_n; i++) {
        const gen_field *f = &m->fields[i];
        if (!edo_str_equal(f->which, first->which)) continue;
        const gen_place place = gen_place_in(&m->type->place, GEN_MESSAGE_FIELD, f->order);
        gen_put_comment(g, h->proto, &place, "        ", EDO_STR(""));
        put_member(g, m, f, "        ");
    }
    gen_put(g, "    };\n");
}

static bool is_first_of_oneof(const gen_message *m, const gen_field *f) {
    const gen_field *other = m->fields;
    while (!edo_str_equal(other->which, f->which)) other++;
    return other == f;
}

/* The numbers of the members of oneofs. */
static void put_constants(gen *g, const gen_message *m) {
    bool any = false;
    for (size_t i = 0; i < m->fields_n; i++) {
        const gen_field *f = &m->fields[i];
        if (f->which.len == 0) continue;
        gen_put(g, "%s    %.*s = %d,\n", any ? "" : "\nenum {\n", GEN_STR(f->constant),
                (int)f->proto->number);
        any = true;
    }
    if (any) gen_put(g, "};\n");
}

static void put_struct(const header *h, const gen_message *m) {
    gen *g = h->g;
    const edo_str path = { m->type->full.ptr + 1, m->type->full.len - 1 };
    put_constants(g, m);
    gen_put(g, "\n");
    gen_put_comment(g, h->proto, &m->type->place, "", path);
    gen_put(g, "struct %.*s {\n", GEN_STR(m->type->name));
    for (size_t i = 0; i < m->fields_n; i++) {
        const gen_field *f = &m->fields[i];
        if (f->which.len > 0) {
            if (is_first_of_oneof(m, f)) put_oneof(h, m, f);
            continue;
        }
        const gen_place place = gen_place_in(&m->type->place, GEN_MESSAGE_FIELD, f->order);
        gen_put_comment(g, h->proto, &place, "    ", EDO_STR(""));
        put_member(g, m, f, "    ");
    }
    for (size_t i = 0; i < m->passed_over_n; i++)
        gen_put(g, "    /* %.*s is a group: passed over */\n", GEN_STR(m->passed_over[i]));
    if (m->rest.len > 0)
        gen_put(g, "    edo_str %.*s; /* what this description has not, as it came */\n",
                GEN_STR(m->rest));
    gen_put(g, "};\n");
}

/* ---- Descriptions ---------------------------------------------------------------------------- */

/* The field with the lowest number above `above`; NULL: there is none. */
static const gen_field *next_field(const gen_message *m, int64_t above) {
    const gen_field *next = NULL;
    for (size_t i = 0; i < m->fields_n; i++) {
        const gen_field *f = &m->fields[i];
        if (f->proto->number > above && (!next || f->proto->number < next->proto->number)) next = f;
    }
    return next;
}

static void header_put_description(gen *g, const gen_message *m) {
    const gen_field *f = next_field(m, 0);
    gen_put(g, "\nEDO_DESCRIBE(%.*s", GEN_STR(m->type->name));
    for (; f && g->err == 0; f = next_field(m, f->proto->number)) {
        gen_put(g, ",\n");
        gen_put_field(g, m, f);
    }
    if (m->rest.len > 0)
        gen_put(g, ",\n    EDO_FIELD(%.*s, %.*s, .wire = EDO_WIRE_REST, .skip = true)",
                GEN_STR(m->type->name), GEN_STR(m->rest));
    gen_put(g, ")\n");
}

/* ---- The whole ------------------------------------------------------------------------------- */

static void find_messages(header *h) {
    gen *g = h->g;
    const size_t first = g->first_types[h->file], end = g->first_types[h->file + 1];
    h->messages = (gen_message *)gen_alloc(g, (end - first + 1) * sizeof *h->messages);
    if (!h->messages) return;
    for (int entries = 0; entries < 2; entries++) {
        for (size_t i = first; i < end && g->err == 0; i++) {
            const gen_type *t = &g->types[i];
            if (!t->message || gen_type_is_entry(t) != entries) continue;
            gen_message_find(g, &h->messages[h->messages_n++], t);
        }
    }
}

/* NAME_TYPES: the messages by their names, for an Any. The header of another file may have made the
 * same name, in another call of protoc: the preprocessor would only warn of that. */
static void put_types_head(gen *g, edo_str name) {
    gen_put(g, "\n#ifdef %.*s_TYPES\n#    error \"two files make %.*s_TYPES: ", GEN_STR(name),
            GEN_STR(name));
    gen_put(g, "give one another name, or undefine it between their headers\"\n#endif\n");
    gen_put(g, "/* For edo_protobuf_json_opts.types: what an Any may hold. */\n#define %.*s_TYPES",
            GEN_STR(name));
}

static void put_types(const header *h, edo_str name) {
    gen *g = h->g;
    const char *before = " ";
    bool any = false;
    for (size_t i = 0; i < h->messages_n; i++) {
        const gen_type *t = h->messages[i].type;
        if (gen_type_is_entry(t)) continue;
        if (!any) put_types_head(g, name);
        gen_put(g, "%s\\\n    { \"%.*s\", &%.*s_desc }", before, (int)t->full.len - 1,
                t->full.ptr + 1, GEN_STR(t->name));
        before = ", ";
        any = true;
    }
    if (any) gen_put(g, "\n");
}

static void put_passed_over(const header *h) {
    gen *g = h->g;
    for (size_t i = 0; g->has_no_services && i < h->proto->service_n; i++)
        gen_put(g, "\n/* The service %.*s is left out, as was asked. */\n",
                GEN_STR(h->proto->service[i].name));
    for (size_t i = 0; i < h->proto->extension_n; i++)
        gen_put(g, "\n/* The extension %.*s of %.*s is passed over. */\n",
                GEN_STR(h->proto->extension[i].name), GEN_STR(h->proto->extension[i].extendee));
}

void gen_put_header(gen *g, uint32_t file) {
    header h = { .g = g, .file = file, .proto = &g->request->proto_file[file] };
    const edo_str macro = header_macro(g, file, gen_header_name(g, h.proto->name));
    g->out.len = 0;
    find_messages(&h);
    if (g->err == 0) header_find_used(&h);
    if (g->err < 0) return;
    gen_put(g, "/* Made by protoc-gen-edo from %.*s: changes will be lost. */\n",
            GEN_STR(h.proto->name));
    const edo_str mark = header_mark(g, h.proto->name);
    const edo_str guard =
        gen_text(g, "%.*s_EDO_H%.*s", GEN_STR(macro), GEN_STR(gen_capitals(g, mark)));
    gen_put(g, "#ifndef %.*s\n#define %.*s\n\n", GEN_STR(guard), GEN_STR(guard));
    put_includes(&h);
    for (size_t i = g->first_types[file]; i < g->first_types[file + 1]; i++)
        if (g->types[i].values) put_enum(&h, &g->types[i]);
    if (h.messages_n > 0) gen_put(g, "\n");
    for (size_t i = 0; i < h.messages_n; i++) {
        const edo_str type = h.messages[i].type->name;
        gen_put(g, "typedef struct %.*s %.*s;\n", GEN_STR(type), GEN_STR(type));
    }
    for (size_t i = 0; i < h.messages_n; i++) put_struct(&h, &h.messages[i]);
    if (h.messages_n > 0) gen_put(g, "\n");
    for (size_t i = 0; i < h.messages_n; i++)
        gen_put(g, "EDO_DESCRIBED_LATER(%.*s)\n", GEN_STR(h.messages[i].type->name));
    for (size_t i = 0; i < h.messages_n; i++) header_put_description(g, &h.messages[i]);
    put_types(&h, macro);
    gen_put_file(g, file, mark);
    if (has_services(&h)) gen_put_services(g, file);
    put_passed_over(&h);
    gen_put(g, "\n#endif\n");
}
