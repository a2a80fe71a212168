/* SPDX-License-Identifier: MIT */
/* web/template/compile.c: compiles a template to operations. See edo/template.h.
 *
 * The blocks are a queue: a partial gets one for each kind of element that is its context, which is
 * compiled after the blocks before it. So a partial that contains itself, at the same kind of
 * element, is one block that names itself. */
#include "base/assert.h"
#include "base/opts.h"
#include "value/elements.h"
#include "web/template/place.h"
#include "web/template/template.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

#define OPS_MAX    65536u
#define BLOCKS_MAX 256u
#define STEPS_MAX  16u
#define AGAIN_MAX  1024u /* sections compiled again, in one text */

/* Where names are looked up: an element of a field; for the whole value that is NULL. */
typedef struct template_kind {
    const edo_field *field;
    const edo_desc *desc; /* NULL: it has no names */
} template_kind;

/* A section that is still open; the lowest level is the block. */
typedef struct template_level {
    template_kind in;
    edo_str name, tag;
    edoi_html html;   /* where it begins */
    const char *body; /* the text behind its tag */
    uint32_t op;
    bool is_context; /* false for an inverted section */
    bool is_list;    /* behind the section it may begin again */
    bool is_else;    /* it is there if the section directly before, which ends at `other`, is not */
    edoi_html begin; /* where it begins for the first time */
    edoi_html other;
} template_level;

/* The section that has ended last. */
typedef struct template_closed {
    bool is_any;
    uint32_t op;
    edoi_html begin, end;
} template_closed;

/* A block in the queue. */
typedef struct template_block {
    const edo_template_partial *of;
    template_kind in;
    edoi_html html; /* where it begins, and ends */
} template_block;

typedef struct template_compiler {
    edo_arena *arena; /* of the template */
    edo_arena scratch;
    const edo_template_opts *opts;
    edo_template_partial whole;
    const edo_desc *desc;

    edoi_template_op *ops;
    uint32_t ops_n, ops_cap;
    edoi_template_block *made; /* of `blocks` */
    template_block *blocks;
    uint32_t blocks_n;

    const edo_template_partial *of; /* the partial that is being compiled */
    const char *end;
    edoi_html html;         /* where the text has come to; of plain text nothing */
    template_level *levels; /* room for EDO_TEMPLATE_NEST_MAX in a block */
    size_t levels_n;
    uint32_t again_n;
    template_closed closed;
} template_compiler;

/* A tag in braces. */
typedef struct template_tag {
    edo_str all;    /* with its braces */
    edo_str name;   /* without blanks around it */
    char sigil;     /* '\0': the tag prints a value */
    const char *to; /* where the text goes on: behind the tag */
} template_tag;

/* ---- Failures -------------------------------------------------------------------------------- */

/* Keeps the failure. The column counts characters: bytes that are no continuation. */
static int compiler_wrong(const template_compiler *c, const char *at, const char *what,
                          edo_str name) {
    size_t line = 1, column = 1;
    for (const char *p = c->of->text.ptr; p < at; p++) {
        column = *p == '\n' ? 1 : column + ((*p & 0xc0) != 0x80);
        line += *p == '\n';
    }
    if (!name.ptr) return edo_fail(-EINVAL, "%s:%zu:%zu: %s", c->of->name, line, column, what);
    return edo_fail(-EINVAL, "%s:%zu:%zu: %s \"%.*s\"", c->of->name, line, column, what,
                    (int)(name.len < 64 ? name.len : 64), name.ptr);
}

static int wrong_tag(const template_compiler *c, const template_tag *t, const char *what) {
    return compiler_wrong(c, t->all.ptr, what, (edo_str){ NULL, 0 });
}

static int wrong_name(const template_compiler *c, const template_tag *t, const char *what) {
    return compiler_wrong(c, t->all.ptr, what, t->name);
}

/* ---- Operations ------------------------------------------------------------------------------ */

static int add_op(template_compiler *c, edoi_template_op op) {
    if (c->ops_n == OPS_MAX) return edo_fail(-EINVAL, "%s: too long a template", c->of->name);
    if (c->ops_n == c->ops_cap) {
        uint32_t cap = c->ops_cap ? 2 * c->ops_cap : 32;
        edoi_template_op *ops = edo_arena_alloc(c->arena, cap * sizeof *ops);
        if (!ops) return -ENOMEM;
        if (c->ops_n > 0) memcpy(ops, c->ops, c->ops_n * sizeof *ops);
        c->ops = ops;
        c->ops_cap = cap;
    }
    c->ops[c->ops_n++] = op;
    return 0;
}

/* Returns the bytes before an address whose beginning is not over at the end of the text; 0 if none
 * begins in it. Within an attribute its quote does not stand, neither in a text nor in a value. */
static uint32_t before_address(const template_compiler *c, edo_str text) {
    if (c->html.at != EDOI_HTML_VALUE || c->html.kind != EDOI_HTML_URL || !c->html.quote) return 0;
    size_t n = text.len;
    while (n > 0 && text.ptr[n - 1] != c->html.quote) n--;
    return (uint32_t)n;
}

static int compiler_add_text(template_compiler *c, const char *from, const char *to) {
    if (from == to) return 0;
    size_t n = (size_t)(to - from);
    const edo_str all = { from, n };
    edo_str text = all;
    const char *wrong = c->opts->is_plain ? NULL : edoi_html_pass(&c->html, &text);
    if (wrong) return compiler_wrong(c, text.ptr, wrong, (edo_str){ NULL, 0 });
    char *copy = edo_arena_copy(c->arena, from, n);
    if (!copy) return -ENOMEM;
    return add_op(c, (edoi_template_op){ .kind = EDOI_TEMPLATE_TEXT,
                                         .to = before_address(c, all),
                                         .text = { copy, n } });
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Takes the part of a name up to the next dot off its beginning. */
static edo_str compile_next_part(edo_str *name) {
    const char *dot = memchr(name->ptr, '.', name->len);
    size_t n = dot ? (size_t)(dot - name->ptr) : name->len;
    edo_str part = { name->ptr, n };
    name->ptr += dot ? n + 1 : n;
    name->len -= dot ? n + 1 : n;
    return part;
}

/* Sets the steps of the name `t`, which begin at `*in`, where its first part was found; `*in`
 * becomes what they lead to. */
static int find_steps(template_compiler *c, const template_tag *t, template_kind *in,
                      edoi_template_step *steps, uint16_t *steps_n) {
    edo_str rest = t->name;
    for (;;) {
        edo_str part = compile_next_part(&rest);
        const edo_field *to = in->desc ? edo_desc_find(in->desc, part) : NULL;
        if (!to) return wrong_name(c, t, "there is no");
        if (edoi_field_is_withheld(to)) return wrong_name(c, t, "a secret is not for templates:");
        if (*steps_n == STEPS_MAX) return wrong_name(c, t, "too many dots in");
        uint32_t size = in->field ? in->field->size : in->desc->size;
        steps[(*steps_n)++] = (edoi_template_step){ in->desc, to, size };
        *in = (template_kind){ to, to->kind == EDO_VALUE_DESCRIBED ? to->desc : NULL };
        if (part.ptr + part.len == t->name.ptr + t->name.len) return 0;
        if (to->shape >= EDO_SHAPE_LIST) return wrong_name(c, t, "a list is not the last part of");
    }
}

/* Finds the innermost context that has the first part of the name. */
static bool find_context(const template_compiler *c, edo_str name, template_kind *in, uint8_t *up) {
    edo_str first = compile_next_part(&name);
    *up = 0;
    for (size_t i = c->levels_n; i-- > 0;) {
        const template_level *l = &c->levels[i];
        if (!l->is_context) continue;
        *in = l->in;
        if (in->desc && edo_desc_find(in->desc, first)) return true;
        ++*up;
    }
    *up = EDOI_TEMPLATE_ROOT;
    *in = (template_kind){ NULL, c->desc };
    return edo_desc_find(in->desc, first) != NULL;
}

static template_kind innermost(const template_compiler *c) {
    size_t i = c->levels_n - 1;
    while (!c->levels[i].is_context) i--;
    return c->levels[i].in;
}

/* Sets what `op` looks up; `*in` becomes its kind. */
static int resolve(template_compiler *c, const template_tag *t, edoi_template_op *op,
                   template_kind *in) {
    edoi_template_step steps[STEPS_MAX];
    uint16_t n = 0;
    if (edo_str_equal(t->name, EDO_STR("."))) {
        *in = innermost(c);
    } else {
        if (!find_context(c, t->name, in, &op->up)) return wrong_name(c, t, "there is no");
        int err = find_steps(c, t, in, steps, &n);
        if (err < 0) return err;
    }
    op->steps = NULL;
    op->steps_n = n;
    EDO_INV("template inv. 2", n == 0 || steps[n - 1].to == in->field);
    op->field = in->field;
    if (n == 0) return 0;
    edoi_template_step *copy = edo_arena_alloc(c->arena, n * sizeof *copy);
    if (!copy) return -ENOMEM;
    memcpy(copy, steps, n * sizeof *copy);
    op->steps = copy;
    return 0;
}

/* ---- Tags ------------------------------------------------------------------------------------ */

/* The field of which JSON has one element, and no list. */
static int as_one(template_compiler *c, template_kind in, edoi_template_op *op) {
    edo_field *one = edo_arena_alloc(c->arena, sizeof *one);
    if (!one) return -ENOMEM;
    if (in.field) {
        *one = *in.field;
        one->shape = EDO_SHAPE_ONE;
        one->map = false;
    } else {
        *one = (edo_field){ .kind = EDO_VALUE_DESCRIBED, .size = in.desc->size, .desc = in.desc };
    }
    op->field = one;
    return 0;
}

static int add_value(template_compiler *c, const template_tag *t) {
    edoi_template_op op = { .kind = t->sigil == '@' ? EDOI_TEMPLATE_JSON
                                    : t->sigil      ? EDOI_TEMPLATE_RAW
                                                    : EDOI_TEMPLATE_VALUE };
    const bool is_json = t->sigil == '@';
    template_kind in;
    int err = resolve(c, t, &op, &in);
    if (err < 0) return err;
    if (!is_json && op.steps_n > 0 && in.field->shape >= EDO_SHAPE_LIST)
        return wrong_name(c, t, "only a section has the elements of the list");
    if (!is_json && (!in.field || (in.desc && in.desc->form == EDO_DESC_STRUCT)))
        return wrong_name(c, t, "only a section has the fields of the struct");
    if (is_json && op.steps_n == 0) err = as_one(c, in, &op);
    if (err < 0) return err;
    const char *wrong = edoi_template_place(&c->html, op.field, &op.kind);
    if (wrong) return wrong_name(c, t, wrong);
    edoi_html_pass_value(&c->html);
    return add_op(c, op);
}

/* Do the operations look up the same, in the same context? */
static bool is_same_name(const edoi_template_op *a, const edoi_template_op *b) {
    if (a->up != b->up || a->field != b->field || a->steps_n != b->steps_n) return false;
    for (uint16_t i = 0; i < a->steps_n; i++)
        if (a->steps[i].in != b->steps[i].in || a->steps[i].to != b->steps[i].to) return false;
    return true;
}

/* Is the section there if the one that ends directly before it is not? */
static bool is_else(const template_compiler *c, const edoi_template_op *op) {
    const edoi_template_op *before = &c->ops[c->closed.op];
    return c->closed.is_any && before->to == c->ops_n && before->kind != op->kind &&
           is_same_name(before, op);
}

static int open_section(template_compiler *c, const template_tag *t) {
    bool is_context = t->sigil == '#';
    edoi_template_op op = { .kind = is_context ? EDOI_TEMPLATE_SECTION : EDOI_TEMPLATE_INVERTED };
    template_kind in;
    int err = resolve(c, t, &op, &in);
    if (err < 0) return err;
    if (!in.field) return wrong_name(c, t, "the whole value is no section:");
    if (c->levels_n > EDO_TEMPLATE_NEST_MAX) return wrong_name(c, t, "too deep a section:");
    template_level l = { .in = in,
                         .name = t->name,
                         .tag = t->all,
                         .body = t->to,
                         .op = c->ops_n,
                         .is_context = is_context,
                         .is_list =
                             is_context && op.steps_n > 0 && in.field->shape >= EDO_SHAPE_LIST,
                         .is_else = is_else(c, &op) };
    if (l.is_else) {
        l.other = c->closed.end;
        c->html = c->closed.begin;
    }
    l.html = l.begin = c->html;
    c->levels[c->levels_n++] = l;
    return add_op(c, op);
}

/* The section may begin where it has ended: compiles it again, for where it begins either way. */
static int compile_again(template_compiler *c, template_tag *t, template_level *l) {
    if (c->again_n++ == AGAIN_MAX) return wrong_name(c, t, "too many sections are in one another:");
    l->html = c->html;
    c->ops_n = l->op + 1;
    c->closed.is_any = false;
    t->to = l->body;
    return 0;
}

/* What holds at `to`, and at `end`. */
static int join_ends(template_compiler *c, const template_tag *t, edoi_html to,
                     const edoi_html *end) {
    c->html = to;
    if (edoi_html_join(&c->html, end)) return 0;
    return wrong_name(c, t, edoi_html_parting(&to, end));
}

static int close_section(template_compiler *c, template_tag *t) {
    if (c->levels_n == 1) return wrong_name(c, t, "no section is open here:");
    template_level *l = &c->levels[c->levels_n - 1];
    if (!edo_str_equal(l->name, t->name)) return wrong_name(c, t, "another section is open here:");
    edoi_html end = c->html;
    int err = join_ends(c, t, l->html, &end);
    if (err < 0) return err;
    if (l->is_list && !edoi_html_is_same(&c->html, &l->html)) return compile_again(c, t, l);
    if (l->is_else) err = join_ends(c, t, l->other, &end);
    if (err < 0) return err;
    c->closed = (template_closed){ !l->is_else, l->op, l->begin, end };
    c->ops[l->op].to = c->ops_n;
    EDO_INV("template inv. 1", l->op < c->ops_n);
    c->levels_n--;
    return 0;
}

static const edo_template_partial *find_partial(const template_compiler *c, edo_str name) {
    for (size_t i = 0; i < c->opts->partials_n; i++) {
        const edo_template_partial *p = &c->opts->partials[i];
        if (edo_str_equal(edo_str_of(p->name), name)) return p;
    }
    return NULL;
}

/* Are the kinds equal? A struct has the same names in any field, but as the whole value it has no
 * field. */
static bool is_same_kind(template_kind a, template_kind b) {
    bool is_struct = a.desc && a.desc->form == EDO_DESC_STRUCT && a.field && b.field;
    return a.desc == b.desc && (is_struct || a.field == b.field);
}

static bool is_block_of(const template_block *b, const edo_template_partial *p, template_kind in,
                        const edoi_html *h) {
    return b->of == p && is_same_kind(b->in, in) && edoi_html_is_same(&b->html, h);
}

static int add_partial(template_compiler *c, const template_tag *t) {
    const edo_template_partial *p = find_partial(c, t->name);
    if (!p) return wrong_name(c, t, "there is no partial");
    template_kind in = innermost(c);
    uint32_t i = 0;
    while (i < c->blocks_n && !is_block_of(&c->blocks[i], p, in, &c->html)) i++;
    if (i == BLOCKS_MAX) return wrong_name(c, t, "too many partials:");
    if (i == c->blocks_n) c->blocks[c->blocks_n++] = (template_block){ p, in, c->html };
    edoi_html_pass_part(&c->html);
    return add_op(c, (edoi_template_op){ .kind = EDOI_TEMPLATE_PARTIAL, .to = i });
}

/* Adds what the tag does; it may change where the text goes on. */
static int add_tag(template_compiler *c, template_tag *t) {
    if (t->sigil != '!' && t->name.len == 0) return wrong_tag(c, t, "a tag without a name");
    switch (t->sigil) {
    case '!': return 0;
    case '#':
    case '^': return open_section(c, t);
    case '/': return close_section(c, t);
    case '>': return add_partial(c, t);
    case '=': return wrong_tag(c, t, "the braces cannot be changed");
    case '<':
    case '$': return wrong_tag(c, t, "templates do not inherit: use partials");
    default: return add_value(c, t);
    }
}

/* ---- Text ------------------------------------------------------------------------------------ */

static bool compile_is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_space(char c) {
    return compile_is_blank(c) || c == '\n' || c == '\r';
}

static const char *compile_find(const char *at, const char *end, edo_str what) {
    for (; (size_t)(end - at) >= what.len; at++)
        if (memcmp(at, what.ptr, what.len) == 0) return at;
    return NULL;
}

/* Parses the tag at `at`. */
static int read_tag(const template_compiler *c, const char *at, template_tag *t) {
    const char *from = at + 2;
    t->sigil = from < c->end && memchr("{&@#^/>!=<$", *from, 11) ? *from++ : '\0';
    edo_str close = t->sigil == '{' ? EDO_STR("}}}") : EDO_STR("}}");
    const char *to = compile_find(from, c->end, close);
    if (!to) return compiler_wrong(c, at, "the tag has no end", (edo_str){ NULL, 0 });
    t->to = to + close.len;
    t->all = (edo_str){ at, (size_t)(t->to - at) };
    while (from < to && is_space(*from)) from++;
    while (to > from && is_space(to[-1])) to--;
    t->name = (edo_str){ from, (size_t)(to - from) };
    return 0;
}

/* Widens a tag that stands alone on its line to the whole line. */
static void widen(const template_compiler *c, const template_tag *t, const char **from,
                  const char **to) {
    const char *first = t->all.ptr, *last = t->to;
    *from = first, *to = last;
    if (t->sigil == '\0' || t->sigil == '{' || t->sigil == '&' || t->sigil == '@') return;
    while (first > c->of->text.ptr && compile_is_blank(first[-1])) first--;
    if (first > c->of->text.ptr && first[-1] != '\n') return;
    while (last < c->end && compile_is_blank(*last)) last++;
    if (last < c->end && *last == '\r') last++;
    if (last < c->end && *last != '\n') return;
    *from = first, *to = last + (last < c->end);
}

static int compile_text(template_compiler *c) {
    const char *at = c->of->text.ptr;
    for (;;) {
        const char *from = compile_find(at, c->end, EDO_STR("{{")), *to = NULL;
        if (!from) return compiler_add_text(c, at, c->end);
        template_tag t = { .all = { from, 0 }, .to = from }; // its end is not known yet
        int err = read_tag(c, from, &t);
        if (err != 0) return err;
        widen(c, &t, &from, &to);
        t.to = to;
        err = compiler_add_text(c, at, from);
        if (err == 0) err = add_tag(c, &t);
        if (err < 0) return err;
        at = t.to;
    }
}

/* What includes a partial goes on in HTML as if it were not there. */
static int end_block(template_compiler *c, uint32_t i) {
    const edoi_html *begin = &c->blocks[i].html;
    if (i == 0 || edoi_html_fits(begin, &c->html)) return 0;
    return compiler_wrong(c, c->end, edoi_html_parting(begin, &c->html), edo_str_of(c->of->name));
}

static int compile_block(template_compiler *c, uint32_t i) {
    c->of = c->blocks[i].of;
    if (c->of->text.len > EDO_TEMPLATE_TEXT_MAX)
        return edo_fail(-EINVAL, "%s: too long a text", c->of->name);
    if (!c->of->text.ptr || c->of->text.len == 0) return c->made[i] = (edoi_template_block){ 0 }, 0;
    c->end = c->of->text.ptr + c->of->text.len;
    c->levels[0] = (template_level){ .in = c->blocks[i].in, .is_context = true };
    c->levels_n = 1;
    c->again_n = 0;
    c->closed.is_any = false;
    c->html = c->blocks[i].html;
    c->made[i].from = c->ops_n;
    int err = compile_text(c);
    c->made[i].to = c->ops_n;
    if (err < 0) return err;
    if (c->levels_n == 1) return end_block(c, i);
    const template_level *l = &c->levels[c->levels_n - 1];
    return compiler_wrong(c, l->tag.ptr, "the section has no end:", l->name);
}

static int compile(template_compiler *c) {
    c->made = edo_arena_alloc(c->arena, BLOCKS_MAX * sizeof *c->made);
    c->blocks = edo_arena_alloc(&c->scratch, BLOCKS_MAX * sizeof *c->blocks);
    c->levels = edo_arena_alloc(&c->scratch, (EDO_TEMPLATE_NEST_MAX + 1) * sizeof *c->levels);
    if (!c->made || !c->blocks || !c->levels) return -ENOMEM;
    c->blocks[c->blocks_n++] = (template_block){ .of = &c->whole, .in = { NULL, c->desc } };
    int err = 0;
    for (uint32_t i = 0; i < c->blocks_n && err == 0; i++) err = compile_block(c, i);
    return err;
}

/* ---- Public ---------------------------------------------------------------------------------- */

int edo_template_new(edo_template **out, edo_str text, const edo_desc *desc,
                     const edo_template_opts *opts) {
    static const edo_template_opts defaults = { .name = NULL };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_arena arena = { 0 };
    edo_template *t = edo_arena_alloc(&arena, sizeof *t);
    template_compiler c = { .arena = &arena, .opts = opts, .desc = desc };
    c.whole = (edo_template_partial){ opts->name ? opts->name : "template", text };
    int err = t ? compile(&c) : -ENOMEM;
    edo_arena_deinit(&c.scratch);
    if (err < 0) {
        edo_arena_deinit(&arena);
        return err;
    }
    t->ops = c.ops;
    t->blocks = c.made;
    t->bytes_max = opts->bytes_max ? opts->bytes_max : EDO_TEMPLATE_BYTES_MAX;
    t->is_plain = opts->is_plain;
    t->arena = arena;
    *out = t;
    return 0;
}

void edo_template_free(edo_template *self) {
    if (!self) return;
    edo_arena arena = self->arena;
    edo_arena_deinit(&arena);
}
