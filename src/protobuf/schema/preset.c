/* SPDX-License-Identifier: MIT */
/* protobuf/schema/preset.c: the default of a field of proto2. See schema.h. */
#include "protobuf/schema/schema.h"
#include "value/memory.h"

#include <stdio.h>

#define TYPE(name) GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_##name

/* One escape at `at`, behind its backslash; returns how long it is. protoc writes \n \r \t \" \' \\
 * and three octal digits. */
static size_t preset_unescape(const char *at, size_t n, char *c) {
    if (n >= 3 && at[0] >= '0' && at[0] <= '3') {
        *c = (char)((at[0] - '0') * 64 + (at[1] - '0') * 8 + (at[2] - '0'));
        return 3;
    }
    *c = *at == 'n' ? '\n' : *at == 'r' ? '\r' : *at == 't' ? '\t' : *at;
    return 1;
}

/* The default of bytes, as descriptions have it: base64. */
static edo_str preset_of_bytes(edo_protobuf_schema *s, edo_str text) {
    char *plain = (char *)edoi_schema_alloc(s, text.len + 1, 1);
    size_t n = 0;
    edo_buf out = { 0 };
    if (!plain) return EDO_STR("");
    for (size_t i = 0; i < text.len;) {
        char c = text.ptr[i++];
        if (c == '\\' && i < text.len) i += preset_unescape(text.ptr + i, text.len - i, &c);
        plain[n++] = c;
    }
    int err = edo_base64_encode((edo_str){ plain, n }, &out);
    if (err < 0) (void)edoi_schema_fails(s, err);
    char *copy = (char *)edoi_schema_alloc(s, out.len + 1, 1);
    if (copy && out.len > 0) memcpy(copy, out.ptr, out.len);
    const edo_str result = { copy ? copy : "", copy ? out.len : 0 };
    edo_buf_deinit(&out);
    return result;
}

/* What a field is without a default of its own: an enum of proto2 its first value. Empty: 0. */
static edo_str preset_usual(const edo_protobuf_schema *s, const edo_field *f) {
    const edoi_schema_type *t = f->desc ? edoi_schema_type_of(s, f->desc) : NULL;
    const bool is_closed = t && t->values && !t->is_proto3;
    if (!is_closed || t->values->value_n == 0 || t->values->value[0].number == 0)
        return EDO_STR("");
    return t->values->value[0].name;
}

/* Is it a value of the field? Otherwise no message could be decoded. */
static void preset_check(edo_protobuf_schema *s, const edo_field *f, const edoi_schema_type *owner,
                         edo_str name) {
    union {
        edo_bytes bytes;
        uint64_t number;
    } element = { .bytes = { { NULL, 0 }, NULL } };
    char why[EDO_TRAIL_TEXT_MAX];
    if (f->kind == EDO_VALUE_STR) return;
    int err = edoi_preset_set(&element, f, s->arena);
    if (err >= 0) return;
    const edo_trail_entry *told = edo_trail_find(err);
    (void)snprintf(why, sizeof why, "its default %s", told ? told->text : "is no value of it");
    edoi_schema_refuses(s, owner->full, name, why);
}

void edoi_schema_preset(edo_protobuf_schema *s, edo_field *f, const edoi_schema_type *owner,
                        const edoi_field_proto *p) {
    edo_str text = p->default_value;
    const bool may_have = f->shape == EDO_SHAPE_ONE && !f->oneof && p->type != TYPE(MESSAGE);
    if (!may_have || s->err < 0) return;
    if (!p->has_default_value) text = preset_usual(s, f);
    if (!p->has_default_value && text.len == 0) return;
    if (p->type == TYPE(BYTES)) text = preset_of_bytes(s, text);
    if (text.len > 0 && memchr(text.ptr, '\0', text.len)) {
        (void)edoi_schema_fails(s, edo_fail(-ENOTSUP, "%.*s.%.*s: its default has a NUL",
                                            (int)owner->full.len - 1, owner->full.ptr + 1,
                                            (int)p->name.len, p->name.ptr));
        return;
    }
    char *copy = (char *)edoi_schema_alloc(s, text.len + 1, 1);
    if (!copy) return;
    if (text.len > 0) memcpy(copy, text.ptr, text.len);
    f->preset = copy;
    preset_check(s, f, owner, p->name);
}
