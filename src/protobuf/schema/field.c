/* SPDX-License-Identifier: MIT */
/* protobuf/schema/field.c: one field of a message, as protoc-gen-edo describes it
 * (apps/protoc-gen-edo/field.c). See schema.h. */
#include "protobuf/schema/schema.h"
#include "protobuf/wire.h"

#define TYPE(name)  GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_##name
#define LABEL(name) GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_##name

/* What a type is in a value; of messages and enums the description has the size. */
static const struct {
    uint8_t kind, size, wire;
} forms[] = {
    [TYPE(DOUBLE)] = { EDO_VALUE_F64, 8, 0 },
    [TYPE(FLOAT)] = { EDO_VALUE_F32, 4, 0 },
    [TYPE(INT64)] = { EDO_VALUE_I64, 8, 0 },
    [TYPE(UINT64)] = { EDO_VALUE_U64, 8, 0 },
    [TYPE(INT32)] = { EDO_VALUE_I32, 4, 0 },
    [TYPE(FIXED64)] = { EDO_VALUE_U64, 8, EDO_WIRE_FIXED },
    [TYPE(FIXED32)] = { EDO_VALUE_U32, 4, EDO_WIRE_FIXED },
    [TYPE(BOOL)] = { EDO_VALUE_BOOL, sizeof(bool), 0 },
    [TYPE(STRING)] = { EDO_VALUE_STR, sizeof(edo_str), 0 },
    [TYPE(GROUP)] = { EDO_VALUE_DESCRIBED, 0, 0 },
    [TYPE(MESSAGE)] = { EDO_VALUE_DESCRIBED, 0, 0 },
    [TYPE(BYTES)] = { EDO_VALUE_BYTES, sizeof(edo_bytes), 0 },
    [TYPE(UINT32)] = { EDO_VALUE_U32, 4, 0 },
    [TYPE(ENUM)] = { EDO_VALUE_DESCRIBED, 0, 0 },
    [TYPE(SFIXED32)] = { EDO_VALUE_I32, 4, EDO_WIRE_FIXED },
    [TYPE(SFIXED64)] = { EDO_VALUE_I64, 8, EDO_WIRE_FIXED },
    [TYPE(SINT32)] = { EDO_VALUE_I32, 4, EDO_WIRE_ZIGZAG },
    [TYPE(SINT64)] = { EDO_VALUE_I64, 8, EDO_WIRE_ZIGZAG },
};

static bool field_is_text(const edoi_field_proto *p) {
    return p->type == TYPE(STRING) || p->type == TYPE(BYTES);
}

/* ---- What is no field ------------------------------------------------------------------------ */

/* Of the entry of a map: its key is number 1, its value number 2. NULL: it is good. */
static const char *entry_fault(const edoi_field_proto *p) {
    const bool is_real = p->type == TYPE(DOUBLE) || p->type == TYPE(FLOAT);
    const bool is_described = p->type == TYPE(MESSAGE) || p->type == TYPE(ENUM);
    if (p->number != 1 && p->number != 2) return "must be the key or the value of an entry";
    if (p->label == LABEL(REPEATED) || p->has_oneof_index) return "must be one in an entry";
    if (p->number == 1 && (is_real || is_described || p->type == TYPE(BYTES)))
        return "must not be the key of a map";
    return NULL;
}

/* What is wrong with a field; NULL: nothing. */
static const char *field_fault(const edoi_schema_type *owner, const edoi_field_proto *p) {
    const size_t oneofs = owner->message->oneof_decl_n;
    if (!edoi_schema_name_is_good(p->name)) return "must have a name of letters, digits and '_'";
    if (p->number < 1 || (uint32_t)p->number > EDOI_NUMBER_MAX)
        return "a number must be from 1 to 536870911";
    if (!p->has_type || (int)p->type < TYPE(DOUBLE) || p->type > TYPE(SINT64))
        return "must have a type that there is";
    if (p->has_oneof_index && (p->oneof_index < 0 || (size_t)p->oneof_index >= oneofs))
        return "must be of a oneof that there is";
    if (p->has_oneof_index && p->label == LABEL(REPEATED)) return "must be one in a oneof";
    return edoi_schema_is_entry(owner) ? entry_fault(p) : NULL;
}

/* ---- Its type -------------------------------------------------------------------------------- */

/* The description of the type that it names. */
static const edo_desc *field_desc(edo_protobuf_schema *s, const edoi_schema_type *owner,
                                  const edoi_field_proto *p) {
    const edo_str name = p->type_name;
    const bool is_full = name.len > 1 && name.ptr[0] == '.';
    const edo_desc *desc =
        is_full ? edoi_schema_desc_named(s, (edo_str){ name.ptr + 1, name.len - 1 }) : NULL;
    if (!is_full) {
        edoi_schema_refuses(s, owner->full, p->name, "must have a type's full name, with a '.'");
    } else if (!desc) {
        (void)edoi_schema_fails(s, edo_fail(-ENOENT, "%.*s.%.*s: no type is %.*s",
                                            (int)owner->full.len - 1, owner->full.ptr + 1,
                                            (int)p->name.len, p->name.ptr, (int)name.len - 1,
                                            name.ptr + 1));
    } else if ((desc->form == EDO_DESC_ENUM) != (p->type == TYPE(ENUM))) {
        edoi_schema_refuses(s, owner->full, p->name, "must have a type of its kind");
        return NULL;
    }
    return desc;
}

/* Is it a map? Entries are nothing else, so that they have no size when others are laid out. */
static bool field_find_map(edo_protobuf_schema *s, edo_field *f, const edoi_schema_type *owner,
                           const edoi_field_proto *p) {
    const edoi_schema_type *t = edoi_schema_type_of(s, f->desc);
    f->map = t && edoi_schema_is_entry(t);
    if (!f->map || (p->label == LABEL(REPEATED) && !edoi_schema_is_entry(owner))) return true;
    edoi_schema_refuses(s, owner->full, p->name, "must be repeated: it is a map");
    return false;
}

/* Is it the value of a map, and an enum that does not begin with 0? No .proto has that: a value
 * that is not there is 0. */
static bool field_begins_elsewhere(edo_protobuf_schema *s, const edo_field *f,
                                   const edoi_schema_type *owner, const edoi_field_proto *p) {
    const edoi_schema_type *t = edoi_schema_type_of(s, f->desc);
    const bool is_entry = t && t->values && edoi_schema_is_entry(owner);
    if (!is_entry || t->values->value_n == 0 || t->values->value[0].number == 0) return false;
    edoi_schema_refuses(s, owner->full, p->name, "must be an enum whose first value is 0");
    return true;
}

/* Is it an enum of proto2? */
static bool field_is_closed(const edo_protobuf_schema *s, const edo_desc *desc) {
    const edoi_schema_type *t = edoi_schema_type_of(s, desc);
    return t && t->values && !t->is_proto3;
}

/* Likewise, of the values of a map. Its entry may not have its fields yet. */
static bool field_has_closed_values(const edo_protobuf_schema *s, const edoi_schema_type *entry) {
    for (size_t i = 0; i < entry->message->field_n; i++) {
        const edoi_field_proto *p = &entry->message->field[i];
        const edo_str name = p->type_name;
        if (p->number != 2 || p->type != TYPE(ENUM) || name.len < 2) continue;
        return field_is_closed(s,
                               edoi_schema_desc_named(s, (edo_str){ name.ptr + 1, name.len - 1 }));
    }
    return false;
}

static bool field_find_type(edo_protobuf_schema *s, edo_field *f, const edoi_schema_type *owner,
                            const edoi_field_proto *p) {
    f->kind = forms[p->type].kind;
    f->size = forms[p->type].size;
    f->wire = forms[p->type].wire;
    if (f->kind != EDO_VALUE_DESCRIBED) return true;
    f->desc = field_desc(s, owner, p);
    if (!f->desc) return false;
    f->size = f->desc->size;
    if (!field_find_map(s, f, owner, p) || field_begins_elsewhere(s, f, owner, p)) return false;
    const bool is_closed = f->map ? field_has_closed_values(s, edoi_schema_type_of(s, f->desc))
                                  : field_is_closed(s, f->desc);
    if (is_closed) f->wire |= EDO_WIRE_CLOSED;
    return true;
}

/* ---- How it lies in a message ---------------------------------------------------------------- */

static void field_find_shape(edo_field *f, const edoi_schema_type *owner,
                             const edoi_field_proto *p) {
    const bool is_number = p->type != TYPE(MESSAGE) && !field_is_text(p);
    const bool is_told = p->options && p->options->has_packed;
    const bool is_packed = is_told ? p->options->packed : owner->is_proto3;
    if (p->label == LABEL(REPEATED)) {
        f->shape = EDO_SHAPE_LIST;
        if (is_number && !is_packed) f->wire |= EDO_WIRE_UNPACKED;
    } else if (p->type == TYPE(MESSAGE) && !edoi_schema_is_entry(owner)) {
        f->shape = EDO_SHAPE_PTR;
    }
    if (p->label == LABEL(REQUIRED)) f->wire |= EDO_WIRE_REQUIRED;
    f->optional = !edoi_schema_is_entry(owner);
    f->oneof = p->has_oneof_index && !p->proto3_optional;
}

/* ---- Its name -------------------------------------------------------------------------------- */

/* Is the name in JSON another than that which follows from the name? */
static bool schema_field_is_renamed(const edoi_field_proto *p) {
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

bool edoi_schema_field(edo_protobuf_schema *s, edo_field *f, const edoi_schema_type *owner,
                       const edoi_field_proto *p) {
    const char *fault = field_fault(owner, p);
    *f = (edo_field){ 0 };
    if (fault) edoi_schema_refuses(s, owner->full, p->name, fault);
    if (fault || p->type == TYPE(GROUP)) return false;
    if (!field_find_type(s, f, owner, p)) return false;
    field_find_shape(f, owner, p);
    const bool is_renamed =
        schema_field_is_renamed(p) && !memchr(p->json_name.ptr, 0, p->json_name.len);
    f->number = (uint32_t)p->number;
    f->name_len = (uint16_t)p->name.len;
    f->key = edoi_schema_key(s, p->name, is_renamed ? p->json_name : EDO_STR(""));
    edoi_schema_preset(s, f, owner, p);
    return s->err == 0;
}
