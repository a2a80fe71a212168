/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/field.c: see field.h. */
#include "field.h"

#include "comment.h"
#include "literal.h"
#include "types.h"

#include <stdio.h>
#include <stdlib.h>

#define TYPE(name)  GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_##name
#define LABEL(name) GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_##name
#define TYPES       19
#define COLUMNS_MAX 100u

static const struct {
    const char *name; /* in C; NULL: it has a type of its own */
    edo_wire wire;
} types[TYPES] = {
    [TYPE(DOUBLE)] = { "double", 0 },
    [TYPE(FLOAT)] = { "float", 0 },
    [TYPE(INT64)] = { "int64_t", 0 },
    [TYPE(UINT64)] = { "uint64_t", 0 },
    [TYPE(INT32)] = { "int32_t", 0 },
    [TYPE(FIXED64)] = { "uint64_t", EDO_WIRE_FIXED },
    [TYPE(FIXED32)] = { "uint32_t", EDO_WIRE_FIXED },
    [TYPE(BOOL)] = { "bool", 0 },
    [TYPE(STRING)] = { "edo_str", 0 },
    [TYPE(BYTES)] = { "edo_bytes", 0 },
    [TYPE(UINT32)] = { "uint32_t", 0 },
    [TYPE(SFIXED32)] = { "int32_t", EDO_WIRE_FIXED },
    [TYPE(SFIXED64)] = { "int64_t", EDO_WIRE_FIXED },
    [TYPE(SINT32)] = { "int32_t", EDO_WIRE_ZIGZAG },
    [TYPE(SINT64)] = { "int64_t", EDO_WIRE_ZIGZAG },
};

static bool field_is_number(const field_proto *p) {
    return p->type != TYPE(STRING) && p->type != TYPE(BYTES) && p->type != TYPE(MESSAGE);
}

static bool file_is_proto3(const gen *g, const gen_type *t) {
    return edo_str_equal(g->request->proto_file[t->file].syntax, EDO_STR("proto3"));
}

/* ---- What a field is in C -------------------------------------------------------------------- */

/* What a message is as one of edo's kinds; NULL: it is a struct. */
static const char *field_time(const gen *g, const field_proto *p) {
    if (!g->has_times || p->type != TYPE(MESSAGE)) return NULL;
    if (edo_str_equal(p->type_name, EDO_STR(".google.protobuf.Timestamp"))) return "edo_wall";
    return edo_str_equal(p->type_name, EDO_STR(".google.protobuf.Duration")) ? "edo_duration"
                                                                             : NULL;
}

/* Its type, its shape, and how it lies in a message. */
static void find_type(gen *g, gen_field *f, const gen_type *owner) {
    const field_proto *p = f->proto;
    f->scalar = field_time(g, p);
    f->is_time = f->scalar != NULL;
    const bool is_message = p->type == TYPE(MESSAGE) && !f->is_time;
    if (is_message || p->type == TYPE(ENUM)) {
        f->type = gen_type_named(g, p->type_name);
        if (!f->type) return;
        f->is_map = gen_type_is_entry(f->type);
    } else if (!f->is_time) {
        f->scalar = types[(size_t)p->type % TYPES].name;
    }
    if (p->label == LABEL(REPEATED)) {
        const bool *told = p->options && p->options->has_packed ? &p->options->packed : NULL;
        f->shape = GEN_LIST;
        f->is_packed = field_is_number(p) && (told ? *told : file_is_proto3(g, owner));
    } else if (is_message) {
        f->shape = gen_type_is_entry(owner) ? GEN_WITHIN : GEN_PTR;
    }
}

/* Is it told apart from 0 whether it is there? */
static bool field_has_presence(const gen *g, const gen_field *f, const gen_type *owner) {
    if (f->shape != GEN_ONE || gen_type_is_entry(owner)) return false;
    return f->is_time || !file_is_proto3(g, owner) || f->proto->proto3_optional;
}

/* Does a member of its own say whether it is there? Fields of a oneof share theirs. */
static bool field_has_mark(const gen *g, const gen_field *f, const gen_type *owner) {
    const bool is_of_one = f->proto->has_oneof_index && !f->proto->proto3_optional;
    return !is_of_one && field_has_presence(g, f, owner);
}

/* Says something of a field, if its file was asked for. */
static void field_tell(const gen *g, const gen_type *owner, edo_str name, const char *what) {
    const edo_str file = g->request->proto_file[owner->file].name;
    if (!g->is_asked_for) return;
    (void)fprintf(stderr, "protoc-gen-edo: %.*s: %.*s.%.*s %s\n", GEN_STR(file),
                  GEN_STR(owner->full), GEN_STR(name), what);
}

/* What a field is without a default of its own: an enum of proto2 its first value. Empty: 0. */
static edo_str usual_preset(const gen *g, const gen_field *f, const gen_type *owner) {
    const enum_proto *e = f->type ? f->type->values : NULL;
    const bool is_first = e && f->shape == GEN_ONE && !gen_type_is_entry(owner) &&
                          !file_is_proto3(g, f->type) && e->value_n > 0;
    return is_first && e->value[0].number != 0 ? e->value[0].name : EDO_STR("");
}

static void find_preset(gen *g, gen_field *f, const gen_type *owner) {
    const field_proto *p = f->proto;
    const bool is_of_one = p->has_oneof_index && !p->proto3_optional;
    f->preset = p->has_default_value ? p->default_value : usual_preset(g, f, owner);
    f->has_preset = !is_of_one && (p->has_default_value || f->preset.len > 0);
    if (!f->has_preset) return;
    if (p->type == TYPE(BYTES)) f->preset = gen_unescaped_base64(g, f->preset);
    if (f->preset.len == 0 || !memchr(f->preset.ptr, '\0', f->preset.len)) return;
    f->has_preset = false;
    field_tell(g, owner, p->name, "has a default with a NUL: passed over");
}

/* The name that a field should have: its name in the .proto. In a union of C++ no member is called
 * as the struct around it. */
static edo_str field_wanted(gen *g, const gen_message *m, const field_proto *p) {
    bool is_of_struct = p->has_oneof_index && edo_str_equal(p->name, m->type->name);
    return is_of_struct ? gen_text(g, "%.*s_", GEN_STR(p->name)) : p->name;
}

/* The member of the oneof of a field, which is named with the first of its fields. */
static edo_str name_which(gen *g, gen_message *m, const field_proto *p, edo_str *which) {
    edo_str *w = &which[(size_t)p->oneof_index % (m->type->message->oneof_decl_n + 1)];
    if (w->len == 0)
        *w = gen_name_member(g, &m->members, m->type->message->oneof_decl[p->oneof_index].name);
    return *w;
}

/* The members of a field: itself, and what belongs to it. */
static void name_field(gen *g, gen_message *m, gen_field *f, edo_str *which) {
    const field_proto *p = f->proto;
    gen_members *members = &m->members;
    const edo_str wanted = field_wanted(g, m, p);
    const bool is_taken = gen_members_have(members, wanted);
    f->member = gen_name_member(g, members, wanted);
    if (is_taken)
        field_tell(
            g, m->type, p->name,
            gen_text(g, "is \"%.*s\" in C: another member has its name", GEN_STR(f->member)).ptr);
    if (p->has_oneof_index && !p->proto3_optional) {
        f->which = name_which(g, m, p, which);
        f->constant = gen_name_constant(
            g, m->type->file,
            gen_text(g, "%.*s_%.*s_%.*s", GEN_STR(gen_capitals(g, m->type->scope)),
                     GEN_STR(gen_capitals(g, m->type->message->oneof_decl[p->oneof_index].name)),
                     GEN_STR(gen_capitals(g, p->name))));
    } else if (field_has_mark(g, f, m->type)) {
        f->has = gen_name_member(g, members, gen_text(g, "has_%.*s", GEN_STR(p->name)));
    }
    if (f->shape == GEN_LIST)
        f->count = gen_name_member(g, members, gen_text(g, "%.*s_n", GEN_STR(f->member)));
}

/* ---- Marks that are another field's ---------------------------------------------------------- */

#define MARK "has_"

enum { MESSAGE_ONEOF = 8 }; /* of a place: its number in DescriptorProto */

/* What is called as a mark: a field or a oneof. */
typedef struct marked_name {
    const char *what;
    edo_str name;
    int32_t kind; /* of a place */
    size_t order;
} marked_name;

static int member_line(const gen *g, const gen_message *m, int32_t kind, size_t order) {
    const gen_place place = gen_place_in(&m->type->place, kind, order);
    return gen_line_of(&g->request->proto_file[m->type->file], &place);
}

static void refuse_mark(gen *g, const gen_message *m, const marked_name *n,
                        const gen_field *marked) {
    const edo_str file = g->request->proto_file[m->type->file].name;
    (void)gen_fails(
        g, edo_fail(-EEXIST,
                    "%.*s:%d: the %s %.*s.%.*s, and %.*s:%d: what says whether %.*s.%.*s is "
                    "there, are both `%.*s` in C: rename one, or let the one with the greater "
                    "number have another name by --edo_opt=number_clashes",
                    GEN_STR(file), member_line(g, m, n->kind, n->order), n->what,
                    GEN_STR(m->type->full), GEN_STR(n->name), GEN_STR(file),
                    member_line(g, m, GEN_MESSAGE_FIELD, marked->order), GEN_STR(m->type->full),
                    GEN_STR(marked->proto->name), GEN_STR(n->name)));
}

/* A program that sets `has_note` means the member of that name, or that `note` is there, and both
 * are a bool or a number: neither gives way, so that one which is added cannot change what was
 * meant. */
static void look_at_mark(gen *g, const gen_message *m, const marked_name *named) {
    const size_t n = sizeof MARK - 1;
    if (named->name.len <= n || memcmp(named->name.ptr, MARK, n) != 0) return;
    const edo_str rest = { named->name.ptr + n, named->name.len - n };
    for (size_t i = 0; i < m->fields_n; i++)
        if (edo_str_equal(m->fields[i].proto->name, rest) &&
            field_has_mark(g, &m->fields[i], m->type))
            refuse_mark(g, m, named, &m->fields[i]);
}

static bool field_is_of_oneof(const gen_field *f, size_t oneof) {
    return f->proto->has_oneof_index && !f->proto->proto3_optional &&
           (size_t)f->proto->oneof_index == oneof;
}

static void look_at_oneof(gen *g, const gen_message *m, size_t oneof) {
    const edo_str name = m->type->message->oneof_decl[oneof].name;
    for (size_t i = 0; i < m->fields_n; i++) {
        if (!field_is_of_oneof(&m->fields[i], oneof)) continue; // else protoc has made it
        look_at_mark(g, m, &(marked_name){ "oneof", name, MESSAGE_ONEOF, oneof });
        return;
    }
}

static void look_at_all_marks(gen *g, const gen_message *m) {
    if (!g->is_asked_for || g->numbers_clashes) return;
    for (size_t i = 0; i < m->fields_n; i++) {
        const gen_field *f = &m->fields[i];
        look_at_mark(g, m, &(marked_name){ "field", f->proto->name, GEN_MESSAGE_FIELD, f->order });
    }
    for (size_t i = 0; i < m->type->message->oneof_decl_n; i++) look_at_oneof(g, m, i);
}

static int field_numbers_compare(const void *a, const void *b) {
    const int32_t x = (*(gen_field *const *)a)->proto->number,
                  y = (*(gen_field *const *)b)->proto->number;
    return (x > y) - (x < y);
}

/* The fields in the order of their numbers. */
static gen_field **fields_ordered(gen *g, gen_message *m) {
    gen_field **all = (gen_field **)gen_alloc(g, (m->fields_n + 1) * sizeof *all);
    for (size_t i = 0; all && i < m->fields_n; i++) all[i] = &m->fields[i];
    if (all) qsort(all, m->fields_n, sizeof(gen_field *), field_numbers_compare);
    return all;
}

/* In the order of the numbers, each field with what belongs to it: so a field that is added later,
 * which has a greater number as a rule, takes no name that programs use already: the member
 * `has_note` of an optional `note`, say. */
static void name_members(gen *g, gen_message *m) {
    edo_str *which = (edo_str *)gen_alloc(g, (m->type->message->oneof_decl_n + 1) * sizeof *which);
    if (!which) return;
    if (!gen_type_is_entry(m->type)) m->rest = gen_name_member(g, &m->members, EDO_STR("unknown"));
    gen_field **ordered = fields_ordered(g, m);
    for (size_t i = 0; ordered && i < m->fields_n; i++) name_field(g, m, ordered[i], which);
}

static void pass_over(gen *g, gen_message *m, const field_proto *p) {
    m->passed_over[m->passed_over_n++] = p->name;
    field_tell(g, m->type, p->name, "is a group: passed over");
}

void gen_message_find(gen *g, gen_message *m, const gen_type *type) {
    const message_proto *p = type->message;
    *m = (gen_message){ .type = type };
    m->fields = (gen_field *)gen_alloc(g, (p->field_n + 1) * sizeof *m->fields);
    m->passed_over = (edo_str *)gen_alloc(g, (p->field_n + 1) * sizeof *m->passed_over);
    if (!m->fields || !m->passed_over) return;
    for (size_t i = 0; i < p->field_n; i++) {
        if (p->field[i].type == TYPE(GROUP)) {
            pass_over(g, m, &p->field[i]);
            continue;
        }
        gen_field *f = &m->fields[m->fields_n++];
        *f = (gen_field){ .proto = &p->field[i], .order = i };
        find_type(g, f, type);
        if (g->err < 0) return;
        find_preset(g, f, type);
    }
    look_at_all_marks(g, m);
    name_members(g, m);
}

/* ---- The description ------------------------------------------------------------------------- */

/* The name as JSON has it, if the .proto says another than that which follows from the name. */
static bool field_is_renamed(const field_proto *p) {
    size_t at = 0;
    bool is_upper = false;
    if (!p->has_json_name || p->json_name.len == 0) return false;
    for (size_t i = 0; i < p->name.len; i++) {
        char c = p->name.ptr[i];
        if (c == '_') {
            is_upper = true;
            continue;
        }
        if (is_upper && c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        is_upper = false;
        if (at >= p->json_name.len || p->json_name.ptr[at++] != c) return true;
    }
    return at != p->json_name.len;
}

/* The name in the .proto if it is not the member's, and the name in JSON if it is not the usual
 * one. */
static void put_field_name(gen *g, const gen_field *f) {
    const field_proto *p = f->proto;
    const bool is_renamed = field_is_renamed(p) && !memchr(p->json_name.ptr, 0, p->json_name.len);
    if (!is_renamed && edo_str_equal(p->name, f->member)) return;
    gen_put(g, ", EDO_AS%s(\"%.*s\"", is_renamed ? "_JSON" : "", GEN_STR(p->name));
    if (is_renamed) {
        gen_put(g, ", \"");
        gen_put_literal(g, p->json_name);
        gen_put(g, "\"");
    }
    gen_put(g, ")");
}

/* Is the type an enum of proto2, or the entry of a map with such values? */
static bool type_is_closed(gen *g, const gen_type *t) {
    if (!t || t->values) return t && !file_is_proto3(g, t);
    for (size_t i = 0; gen_type_is_entry(t) && i < t->message->field_n; i++) {
        const field_proto *p = &t->message->field[i];
        if (p->number == 2 && p->type == TYPE(ENUM))
            return type_is_closed(g, gen_type_named(g, p->type_name));
    }
    return false;
}

static void put_field_wire(gen *g, const gen_field *f) {
    const field_proto *p = f->proto;
    edo_wire wire = types[(size_t)p->type % TYPES].wire;
    const char *before = ", .wire = ";
    if (p->label == LABEL(REPEATED) && field_is_number(p) && !f->is_packed)
        wire |= EDO_WIRE_UNPACKED;
    if (p->label == LABEL(REQUIRED)) wire |= EDO_WIRE_REQUIRED;
    if (type_is_closed(g, f->type)) wire |= EDO_WIRE_CLOSED;
    static const struct {
        edo_wire bit;
        const char *name;
    } bits[] = { { EDO_WIRE_ZIGZAG, "ZIGZAG" },
                 { EDO_WIRE_FIXED, "FIXED" },
                 { EDO_WIRE_UNPACKED, "UNPACKED" },
                 { EDO_WIRE_REQUIRED, "REQUIRED" },
                 { EDO_WIRE_CLOSED, "CLOSED" } };
    for (size_t i = 0; i < EDO_COUNT(bits); i++) {
        if ((wire & bits[i].bit) == 0) continue;
        gen_put(g, "%sEDO_WIRE_%s", before, bits[i].name);
        before = " | ";
    }
}

static void put_field_preset(gen *g, const gen_field *f) {
    if (!f->has_preset) return;
    gen_put(g, ", .preset = \"");
    gen_put_literal(g, f->preset);
    gen_put(g, "\"");
}

/* `gap` is what stands before the options. */
static void put_field(gen *g, const gen_message *m, const gen_field *f, const char *gap) {
    static const char *const shapes[] = { "", "_PTR", "", "_LIST" };
    const field_proto *p = f->proto;
    const edo_str type = m->type->name;
    const char *of = f->type ? "_OF" : "";
    gen_put(g, "    EDO_FIELD%s%s(%.*s, %.*s", shapes[f->shape], of, GEN_STR(type),
            GEN_STR(f->member));
    if (f->shape == GEN_LIST) gen_put(g, ", %.*s", GEN_STR(f->count));
    if (f->type) gen_put(g, ", %.*s_desc", GEN_STR(f->type->name));
    put_field_name(g, f);
    gen_put(g, ",%s.number = %d", gap, (int)p->number);
    put_field_wire(g, f);
    if (f->is_map) gen_put(g, ", .map = true");
    if (!gen_type_is_entry(m->type)) gen_put(g, ", .optional = true");
    if (f->has.len > 0) gen_put(g, ", EDO_HAS(%.*s, %.*s)", GEN_STR(type), GEN_STR(f->has));
    if (f->which.len > 0) gen_put(g, ", EDO_ONEOF(%.*s, %.*s)", GEN_STR(type), GEN_STR(f->which));
    put_field_preset(g, f);
    gen_put(g, ")");
}

void gen_put_field(gen *g, const gen_message *m, const gen_field *f) {
    const size_t begin = g->out.len;
    put_field(g, m, f, " ");
    if (g->out.len - begin < COLUMNS_MAX) return;
    g->out.len = begin;
    put_field(g, m, f, "\n              ");
}
