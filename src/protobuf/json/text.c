/* SPDX-License-Identifier: MIT */
/* protobuf/json/text.c: a field of a message from a text without quotes, as URLs have it. The text
 * becomes JSON, by the type of the field. */
#include "protobuf/json/decode.h"
#include "protobuf/json/known.h"
#include "protobuf/rules.h"
#include "value/elements.h"
#include "value/memory.h"

#include <edo/protobuf.h>

/* ---- The field ------------------------------------------------------------------------------- */

static const edo_field *text_field(const edo_desc *desc, edo_str name) {
    edo_buf scratch = { 0 };
    const edo_field *f = edoi_field_of_member(desc, name, &scratch);
    edo_buf_deinit(&scratch);
    return f;
}

/* Is it a message whose fields have names in a path? */
static bool text_is_way(const edo_field *f) {
    return edoi_field_is_message(f) && !edoi_field_is_list(f) &&
           edoi_known_of(f->desc) == EDOI_KNOWN_NONE;
}

static bool text_is_scalar(const edo_field *f) {
    return !edoi_field_is_message(f) || (!f->map && edoi_known_of(f->desc) != EDOI_KNOWN_NONE);
}

/* Goes into a message of the one at `*value`, which is made if it is not there. */
static int text_enter(void **value, const edo_field *f, edo_arena *arena, const char **reason) {
    if (f->oneof && edoi_oneof_number(f, *value) != 0 && edoi_field_is_taken(f, *value)) {
        *reason = "must be the only one of its oneof";
        return -EDO_EJSON;
    }
    void *in = f->shape == EDO_SHAPE_PTR ? edoi_field_ptr(f, *value) : edoi_field_at(f, *value);
    int err = in ? 0 : edoi_value_push(*value, f, arena, &in);
    if (err < 0) return err;
    edoi_field_set_has(f, *value, true);
    *value = in;
    return 0;
}

/* ---- The text -------------------------------------------------------------------------------- */

static bool text_is_number(edo_str text) {
    size_t at = text.len > 0 && text.ptr[0] == '-';
    if (at == text.len) return false;
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9') at++;
    return at == text.len;
}

static bool text_is_truth(edo_str text) {
    return edo_str_equal(text, EDO_STR("true")) || edo_str_equal(text, EDO_STR("false"));
}

/* Has JSON the text of such a field without quotes? Numbers may have them. */
static bool text_is_bare(const edo_field *f, edo_str text) {
    if (f->kind == EDO_VALUE_BOOL) return text_is_truth(text);
    if (f->kind != EDO_VALUE_DESCRIBED) return false;
    if (f->desc->form == EDO_DESC_ENUM) return text_is_number(text);
    return edoi_known_of(f->desc) == EDOI_KNOWN_WRAPPER && text_is_bare(f->desc->fields, text);
}

static int text_print(edo_buf *out, const edo_field *f, edo_str text) {
    const bool is_list = edoi_field_is_list(f);
    edo_json_writer w;
    int err = is_list ? edo_buf_append(out, "[", 1) : 0;
    if (err == 0 && text_is_bare(f, text)) {
        err = edo_buf_append(out, text.ptr, text.len);
    } else if (err == 0) {
        err = edo_json_writer_init(&w, out, NULL);
        if (err == 0) err = edo_json_writer_string(&w, text);
    }
    return err == 0 && is_list ? edo_buf_append(out, "]", 1) : err;
}

static int text_set(void *value, const edo_field *f, edo_str text, edo_arena *arena,
                    const char **reason) {
    edo_buf json = { 0 };
    edo_json_value *tree = NULL;
    *reason = edo_str_is_utf8(text) ? NULL : "must be UTF-8";
    int err = *reason ? -EDO_EJSON : text_print(&json, f, text);
    if (err == 0) err = edo_json_value_parse(&tree, (edo_str){ json.ptr, json.len }, NULL);
    if (err == 0) err = edoi_protobuf_json_read_field(value, f, tree, arena, reason);
    edo_json_value_free(tree);
    edo_buf_deinit(&json);
    return err;
}

int edo_protobuf_set_text(void *value, const edo_desc *desc, edo_str path, edo_str text,
                          edo_arena *arena) {
    const char *reason = NULL;
    edo_str rest = path;
    uint32_t rules = 0;
    int err = edoi_rules_of(desc, &rules);
    for (uint32_t depth = 0; err == 0 && depth <= EDO_PROTOBUF_DEPTH_MAX; depth++) {
        const char *dot = rest.len > 0 ? (const char *)memchr(rest.ptr, '.', rest.len) : NULL;
        const edo_str name = { rest.ptr, dot ? (size_t)(dot - rest.ptr) : rest.len };
        const edo_field *f = text_field(desc, name);
        if (!f || !(dot ? text_is_way(f) : text_is_scalar(f))) break;
        err =
            dot ? text_enter(&value, f, arena, &reason) : text_set(value, f, text, arena, &reason);
        if (err < 0 && reason) return edo_fail(err, "\"%.*s\" %s", (int)path.len, path.ptr, reason);
        if (!dot || err < 0) return err;
        desc = f->desc;
        rest = (edo_str){ dot + 1, rest.len - name.len - 1 };
    }
    return err < 0 ? err : -ENOENT;
}
