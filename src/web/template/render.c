/* SPDX-License-Identifier: MIT */
/* web/template/render.c: renders the page of a value. See edo/template.h.
 *
 * inv. 1: `left` falls by each byte and by each operation, so that a page ends, whatever lists and
 *         partials do.
 * inv. 2: `address` has what was printed of the address that began last, up to `address_at`. */
#include "base/assert.h"
#include "web/request/web.h"
#include "web/template/address.h"
#include "web/template/template.h"
#include "json/encode.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

#define FLUSH_AT 4096u

/* An element in which names are looked up. Contexts lie on the stack. */
typedef struct template_context {
    const void *at;
    const struct template_context *outer; /* NULL: it is the outermost of the block */
} template_context;

typedef struct template_rendering {
    const edo_template *t;
    const void *value;
    edo_buf *out;
    edo_stream *to; /* NULL: the whole page stays in `out` */
    size_t left;
    size_t address_at; /* in `out` */
    edoi_address_printed address;
    uint32_t deep;
} template_rendering;

static int render_ops(template_rendering *r, edoi_template_block ops, const template_context *in);

/* ---- Bytes ----------------------------------------------------------------------------------- */

static edoi_address_printed rendering_address(template_rendering *r) {
    EDO_INV("render inv. 2", r->address_at <= r->out->len);
    edo_str more = { r->out->ptr + r->address_at, r->out->len - r->address_at };
    r->address_at = r->out->len;
    return r->address = edoi_address_behind(r->address, more);
}

static int rendering_flush(template_rendering *r) {
    (void)rendering_address(r);
    int err = edo_write_all(r->to, r->out->ptr, r->out->len);
    r->out->len = r->address_at = 0;
    return err;
}

static int spend(template_rendering *r, size_t n) {
    if (EDOI_UNLIKELY(n > r->left)) return -EMSGSIZE;
    r->left -= n;
    return 0;
}

static int rendering_put(template_rendering *r, edo_str s) {
    edo_buf *out = r->out;
    int err = spend(r, s.len);
    if (err < 0 || s.len == 0) return err;
    if (EDOI_LIKELY(out->cap - out->len >= s.len)) {
        memcpy(out->ptr + out->len, s.ptr, s.len);
        out->len += s.len;
    } else {
        err = edo_buf_append(out, s.ptr, s.len);
    }
    return err == 0 && r->to && out->len >= FLUSH_AT ? rendering_flush(r) : err;
}

/* Returns the text of a byte in HTML; NULL as its pointer: the byte itself. */
static edo_str entity(char c) {
    switch (c) {
    case '&': return EDO_STR("&amp;");
    case '<': return EDO_STR("&lt;");
    case '>': return EDO_STR("&gt;");
    case '"': return EDO_STR("&quot;");
    case '\'': return EDO_STR("&#39;");
    default: return (edo_str){ NULL, 0 };
    }
}

#define EACH_BYTE(c)   (UINT64_C(0x0101010101010101) * (c))
#define HAS_ZERO(x)    (((x)-EACH_BYTE(1u)) & ~(x)&EACH_BYTE(0x80u))
#define HAS_BYTE(x, c) HAS_ZERO((x) ^ EACH_BYTE((unsigned char)(c)))

/* Has one of the eight bytes an entity? '&' and '\'' differ in one bit, and so do '<' and '>'. */
static bool has_entity(uint64_t x) {
    return (HAS_BYTE(x, '"') | HAS_BYTE(x | EACH_BYTE(1u), '\'') |
            HAS_BYTE(x | EACH_BYTE(2u), '>')) != 0;
}

/* Returns the first of the `n` bytes, from `i` on, that has an entity; `n` if none has. */
static size_t find_entity(const char *bytes, size_t i, size_t n, edo_str *instead) {
    for (uint64_t x; n - i >= sizeof x; i += sizeof x) {
        memcpy(&x, bytes + i, sizeof x);
        if (has_entity(x)) break;
    }
    for (; i < n; i++) {
        *instead = entity(bytes[i]);
        if (instead->ptr) break;
    }
    return i;
}

static int rendering_put_escaped(template_rendering *r, edo_str s) {
    for (size_t from = 0;;) {
        edo_str instead = { NULL, 0 };
        size_t at = find_entity(s.ptr, from, s.len, &instead);
        int err = rendering_put(r, (edo_str){ s.ptr + from, at - from });
        if (err == 0 && instead.ptr) err = rendering_put(r, instead);
        if (err < 0 || at == s.len) return err;
        from = at + 1;
    }
}

/* ---- Values ---------------------------------------------------------------------------------- */

static edo_str render_text_of(const void *element, const edo_field *f) {
    if (f->kind == EDO_VALUE_STR) return *(const edo_str *)element;
    if (f->kind == EDO_VALUE_CHARS)
        return (edo_str){ (const char *)element, strnlen((const char *)element, f->size) };
    const char *text = *(const char *const *)element;
    return (edo_str){ text, text ? strlen(text) : 0 };
}

static bool is_text(const edo_field *f) {
    return f->kind == EDO_VALUE_STR || f->kind == EDO_VALUE_TEXT || f->kind == EDO_VALUE_CHARS;
}

/* Prints a value. Numbers, durations, instants and base64 have no byte that HTML would escape; the
 * name of an enum may. */
static int rendering_put_value(template_rendering *r, const void *element, const edo_field *f,
                               bool is_raw) {
    edo_str s;
    if (EDOI_LIKELY(is_text(f))) {
        s = render_text_of(element, f);
        return is_raw ? rendering_put(r, s) : rendering_put_escaped(r, s);
    }
    const edo_field *variant = f->desc ? edo_desc_variant(f->desc, element, f->size) : NULL;
    if (variant && variant->kind == EDO_VALUE_UNIT) {
        s = edo_field_name(variant);
        return is_raw ? rendering_put(r, s) : rendering_put_escaped(r, s);
    }
    size_t before = r->out->len;
    edo_field plain = *f; // a secret that may be shown would be ***
    plain.secret = false;
    int err = edo_value_text(r->out, &plain, element);
    return err < 0 ? err : spend(r, r->out->len - before);
}

/* The text that is printed, if it is the program's own and not made from a number. */
static edo_str render_words_of(const void *element, const edo_field *f) {
    if (is_text(f)) return render_text_of(element, f);
    const edo_field *variant = f->desc ? edo_desc_variant(f->desc, element, f->size) : NULL;
    return variant ? edo_field_name(variant) : (edo_str){ NULL, 0 };
}

/* Prints a text in which an address begins. */
static int rendering_begin_address(template_rendering *r, edo_str text, size_t before) {
    int err = rendering_put(r, (edo_str){ text.ptr, before });
    r->address_at = r->out->len;
    r->address = EDOI_ADDRESS_NOTHING;
    return err == 0 ? rendering_put(r, (edo_str){ text.ptr + before, text.len - before }) : err;
}

/* A text that would give an address a scheme of its own is "#", which leads nowhere. */
static int rendering_put_url(template_rendering *r, const void *element, const edo_field *f) {
    return edoi_address_is_safe(render_words_of(element, f), rendering_address(r))
               ? rendering_put_value(r, element, f, false)
               : rendering_put(r, EDO_STR("#"));
}

static edo_str json_escape(char c) {
    if (c == '<') return EDO_STR("\\u003c");
    return c == '>' ? EDO_STR("\\u003e") : EDO_STR("\\u0026");
}

/* In a script HTML's escapes are text; JSON's are not. */
static int rendering_put_in_script(template_rendering *r, edo_str json) {
    int err = 0;
    for (const char *end = json.ptr + json.len; json.ptr < end && err == 0;) {
        size_t n = 0;
        while (json.ptr + n < end && !memchr("<>&", json.ptr[n], 3)) n++;
        err = rendering_put(r, (edo_str){ json.ptr, n });
        json.ptr += n;
        if (json.ptr == end || err < 0) break;
        err = rendering_put(r, json_escape(*json.ptr++));
    }
    return err;
}

static int rendering_put_json(template_rendering *r, const edoi_template_op *op, const void *at,
                              size_t n) {
    edo_buf json = { 0 };
    int err = edoi_json_encode_field(&json, at, n, op->field, r->left);
    edo_str text = { json.ptr, json.len };
    if (err == 0 && op->kind == EDOI_TEMPLATE_SCRIPT) {
        err = rendering_put_in_script(r, text);
    } else if (err == 0) {
        err = r->t->is_plain ? rendering_put(r, text) : rendering_put_escaped(r, text);
    }
    edo_buf_deinit(&json);
    return err;
}

static bool render_is_zero(const void *element, size_t n) {
    const char *bytes = (const char *)element;
    for (size_t i = 0; i < n; i++)
        if (bytes[i]) return false;
    return true;
}

static bool is_nonzero_float(const void *element, const edo_field *f) {
    double d;
    float narrow;
    if (f->kind == EDO_VALUE_F32) {
        memcpy(&narrow, element, sizeof narrow);
        d = (double)narrow;
    } else {
        memcpy(&d, element, sizeof d);
    }
    return d < 0 || d > 0;
}

static bool is_true(const void *element, const edo_field *f) {
    if (is_text(f)) return render_text_of(element, f).len > 0;
    if (f->kind == EDO_VALUE_BYTES) return ((const edo_bytes *)element)->str.len > 0;
    if (f->kind == EDO_VALUE_F32 || f->kind == EDO_VALUE_F64) return is_nonzero_float(element, f);
    if (f->kind == EDO_VALUE_UNIT || f->kind == EDO_VALUE_DESCRIBED) return true;
    return !render_is_zero(element, f->size);
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Returns the first of the `*n` elements that a step leads to. */
static const void *take_step(const edoi_template_step *s, const void *at, size_t *n) {
    *n = 0;
    if (s->in->form != EDO_DESC_STRUCT && edo_desc_variant(s->in, at, s->size) != s->to) return at;
    *n = 1;
    return s->to->kind == EDO_VALUE_UNIT ? at : edo_field_elements(s->to, at, n);
}

static const void *rendering_look_up(const template_rendering *r, const edoi_template_op *op,
                                     const template_context *in, size_t *n) {
    const void *at = r->value;
    if (op->up != EDOI_TEMPLATE_ROOT) {
        for (uint8_t i = 0; i < op->up && in->outer; i++) in = in->outer;
        at = in->at;
    }
    *n = 1;
    for (uint16_t i = 0; i<op->steps_n && * n> 0; i++) at = take_step(&op->steps[i], at, n);
    return at;
}

/* ---- Operations ------------------------------------------------------------------------------ */

static int rendering_put_name(template_rendering *r, const edoi_template_op *op,
                              const template_context *in) {
    size_t n;
    const void *at = rendering_look_up(r, op, in, &n);
    if (op->kind == EDOI_TEMPLATE_JSON || op->kind == EDOI_TEMPLATE_SCRIPT)
        return rendering_put_json(r, op, at, n);
    if (n == 0) return 0;
    if (op->kind == EDOI_TEMPLATE_URL) return rendering_put_url(r, at, op->field);
    return rendering_put_value(r, at, op->field, r->t->is_plain || op->kind == EDOI_TEMPLATE_RAW);
}

static int render_deeper(template_rendering *r, edoi_template_block ops,
                         const template_context *in) {
    if (r->deep == EDO_TEMPLATE_DEEP_MAX)
        return edo_fail(-EDO_EVALUE, "sections and partials are more than %u deep",
                        EDO_TEMPLATE_DEEP_MAX);
    r->deep++;
    int err = spend(r, 1);
    if (err == 0) err = render_ops(r, ops, in);
    r->deep--;
    return err;
}

static int render_section(template_rendering *r, edoi_template_block ops,
                          const edoi_template_op *op, const template_context *in) {
    size_t n;
    const char *at = (const char *)rendering_look_up(r, op, in, &n);
    bool is_list = op->steps_n > 0 && op->field->shape >= EDO_SHAPE_LIST;
    if (!is_list && n > 0 && !is_true(at, op->field)) n = 0;
    if (op->kind == EDOI_TEMPLATE_INVERTED) return n == 0 ? render_deeper(r, ops, in) : 0;
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++, at += op->field->size)
        err = render_deeper(r, ops, &(template_context){ at, in });
    return err;
}

static int render_ops(template_rendering *r, edoi_template_block ops, const template_context *in) {
    int err = 0;
    for (uint32_t i = ops.from; i < ops.to && err == 0;) {
        const edoi_template_op *op = &r->t->ops[i++];
        size_t left = r->left;
        err = spend(r, 1);
        if (err < 0) return err;
        switch ((edoi_template_kind)op->kind) {
        case EDOI_TEMPLATE_TEXT:
            err = op->to > 0 ? rendering_begin_address(r, op->text, op->to)
                             : rendering_put(r, op->text);
            break;
        case EDOI_TEMPLATE_VALUE:
        case EDOI_TEMPLATE_URL:
        case EDOI_TEMPLATE_JSON:
        case EDOI_TEMPLATE_SCRIPT:
        case EDOI_TEMPLATE_RAW: err = rendering_put_name(r, op, in); break;
        case EDOI_TEMPLATE_SECTION:
        case EDOI_TEMPLATE_INVERTED:
            err = render_section(r, (edoi_template_block){ i, op->to }, op, in);
            i = op->to;
            break;
        case EDOI_TEMPLATE_PARTIAL:
            err = render_deeper(r, r->t->blocks[op->to], &(template_context){ in->at, NULL });
            break;
        }
        EDO_INV("render inv. 1", r->left < left);
    }
    return err;
}

static int render(template_rendering *r) {
    int err = render_ops(r, r->t->blocks[0], &(template_context){ r->value, NULL });
    return err == -EMSGSIZE ? edo_fail(err, "the page is longer than %zu bytes", r->t->bytes_max)
                            : err;
}

int edo_template_render(const edo_template *self, const void *value, edo_buf *out) {
    size_t before = out->len;
    template_rendering r = { .t = self, .value = value, .out = out, .left = self->bytes_max };
    int err = render(&r);
    if (err < 0) out->len = before;
    return err;
}

int edo_template_write(const edo_template *self, const void *value, edo_stream *to) {
    edo_buf buf = { 0 };
    template_rendering r = {
        .t = self, .value = value, .out = &buf, .to = to, .left = self->bytes_max
    };
    int err = edo_budget_consume();
    if (err == 0) err = render(&r);
    if (err == 0 && buf.len > 0) err = rendering_flush(&r);
    edo_buf_deinit(&buf);
    return err;
}

int edo_web_reply_template(edo_web *w, edo_status status, const edo_template *self,
                           const void *value) {
    edo_buf text = { 0 };
    int err = edo_template_render(self, value, &text);
    const char *type = self->is_plain ? "text/plain; charset=utf-8" : "text/html; charset=utf-8";
    if (err == 0) err = edoi_web_reply_buf(w, status, edoi_web_type(w, type), &text);
    edo_buf_deinit(&text);
    return err;
}
