/* SPDX-License-Identifier: MIT */
/* json/value.c: a text as a tree. All values lie in one array, in the order of the text, and all
 * characters in one block, which is as long as the text: three allocations.
 *
 *     [ {root, the frame} object | name a: array | 1 | 2 | name b: null ]
 *                                  child ───────►│
 *                                  next ───────────────────►│
 *
 * inv. 1: `next` and `child` are distances within the array, so it may move while it grows.
 * inv. 2: no two members of a finished object have the same name. */
#include "json/value.h"

#include "base/assert.h"

#include "base/memory/alloc.h"
#include "json/refused.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_MIN   16u
#define COMPARED_MAX 12u /* members that are compared each with each; more are sorted */
#define DROPPED      255 /* kind of a member whose place an earlier one has taken */

typedef struct parser {
    edoi_json_scan s;
    edo_json_value *values;
    uint32_t n, cap;
    uint32_t depth, depth_max;
    char *to;         /* where characters go */
    int err;          /* other than that of the text */
    size_t bytes_max; /* of `values` */
} parser;

/* ---- Duplicates ------------------------------------------------------------------------------ */

static int json_value_compare_names(const edo_json_value *a, const edo_json_value *b) {
    if (a->name_len != b->name_len) return a->name_len < b->name_len ? -1 : 1;
    return a->name_len > 0 ? memcmp(a->name, b->name, a->name_len) : 0;
}

/* `later` stands in the place of `first`. */
static void json_value_take_place(edo_json_value *first, edo_json_value *later) {
    uint32_t next = first->next;
    const char *name = first->name;
    uint32_t moved = (uint32_t)(later - first);
    *first = *later;
    first->next = next;
    first->name = name;
    later->kind = DROPPED;
    if (first->kind < EDO_JSON_ARRAY) return;
    first->len -= moved;
    if (first->child == 0) return;
    first->child += moved;
    for (edo_json_value *item = first + first->child;; item += item->next) {
        if (item->kind >= EDO_JSON_ARRAY) item->len += moved;
        if (item->next == 0) return;
    }
}

static int by_name_and_place(const void *a, const void *b) {
    const edo_json_value *one = *(edo_json_value *const *)a, *two = *(edo_json_value *const *)b;
    int order = json_value_compare_names(one, two);
    return order != 0 ? order : one < two ? -1 : 1;
}

static int find_sorted(edo_json_value *object, bool *found) {
    edo_json_value **members = (edo_json_value **)edoi_alloc(object->count * sizeof *members);
    if (!members) return -ENOMEM;
    edo_json_value *m = object + object->child;
    for (uint32_t i = 0; i < object->count; i++, m += m->next) members[i] = m;
    qsort(members, object->count, sizeof *members, by_name_and_place);
    for (uint32_t first = 0, i = 1; i <= object->count; i++) {
        if (i < object->count && json_value_compare_names(members[first], members[i]) == 0)
            continue;
        if (i - first > 1) {
            json_value_take_place(members[first], members[i - 1]);
            for (uint32_t k = first + 1; k < i; k++) members[k]->kind = DROPPED;
            *found = true;
        }
        first = i;
    }
    edoi_free(members);
    return 0;
}

static void find_each(edo_json_value *object, bool *found) {
    edo_json_value *one = object + object->child;
    for (uint32_t i = 1; i < object->count; i++, one += one->next) {
        if (one->kind == DROPPED) continue;
        edo_json_value *two = one;
        for (uint32_t k = i; k < object->count; k++) {
            two += two->next;
            if (two->kind == DROPPED || json_value_compare_names(one, two) != 0) continue;
            json_value_take_place(one, two);
            *found = true;
        }
    }
}

/* Drops all but the last of members with one name. */
static int drop_duplicates(edo_json_value *object) {
    bool found = false;
    if (object->count < 2) return 0;
    if (object->count <= COMPARED_MAX) {
        find_each(object, &found);
    } else {
        int err = find_sorted(object, &found);
        if (err < 0) return err;
    }
    if (!found) return 0;
    edo_json_value *kept = object + object->child, *m = kept; // the first is never dropped
    uint32_t n = 1;
    while (m->next > 0) {
        m += m->next;
        if (m->kind == DROPPED) continue;
        kept->next = (uint32_t)(m - kept);
        kept = m;
        n++;
    }
    kept->next = 0;
    object->count = n;
    return 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static edo_json_value *json_value_add(parser *p) {
    if (p->n == p->cap) {
        uint32_t cap = 2 * p->cap;
        if ((size_t)cap * sizeof *p->values > p->bytes_max) {
            p->err = edoi_json_takes_too_much();
            return NULL;
        }
        edo_json_value *values =
            (edo_json_value *)edoi_realloc(p->values, (size_t)cap * sizeof *values);
        if (!values) {
            p->err = -ENOMEM;
            return NULL;
        }
        p->values = values;
        p->cap = cap;
    }
    edo_json_value *v = &p->values[p->n++];
    *v = (edo_json_value){ 0 };
    return v;
}

static bool json_value_take_string(parser *p, const char **text, uint32_t *len) {
    edo_str raw;
    bool has_escapes;
    if (!edoi_json_string(&p->s, &raw, &has_escapes)) return false;
    *text = p->to;
    if (has_escapes) {
        p->to = edoi_json_unescape(p->to, raw);
    } else {
        memcpy(p->to, raw.ptr, raw.len);
        p->to += raw.len;
    }
    *len = (uint32_t)(p->to - *text);
    return true;
}

static bool json_value_take_number(parser *p, edo_json_value *v) {
    static const uint8_t kinds[] = { [EDOI_JSON_INT] = EDO_JSON_INT,
                                     [EDOI_JSON_UINT] = EDO_JSON_UINT,
                                     [EDOI_JSON_DOUBLE] = EDO_JSON_DOUBLE,
                                     [EDOI_JSON_BIG] = EDO_JSON_NUMBER };
    edoi_json_number number;
    const char *from = p->s.at;
    if (!edoi_json_number_of(&p->s, &number)) return false;
    v->kind = kinds[number.kind];
    v->u = number.u;
    const edo_str text = { from, (size_t)(p->s.at - from) };
    v->side = (int8_t)edoi_json_side(text, edoi_json_double_of(&number));
    v->len = (uint32_t)text.len;
    if (number.kind == EDOI_JSON_BIG) {
        v->text = p->to;
        memcpy(p->to, from, v->len);
        p->to += v->len;
    }
    return true;
}

static bool take_scalar(parser *p, edo_json_value *v) {
    switch (edoi_json_peek(&p->s)) {
    case '"': v->kind = EDO_JSON_STRING; return json_value_take_string(p, &v->text, &v->len);
    case 't':
        v->kind = EDO_JSON_BOOL;
        v->is_true = true;
        return edoi_json_word(&p->s, "true", 4);
    case 'f': v->kind = EDO_JSON_BOOL; return edoi_json_word(&p->s, "false", 5);
    case 'n': v->kind = EDO_JSON_NULL; return edoi_json_word(&p->s, "null", 4);
    default: break;
    }
    char c = edoi_json_peek(&p->s);
    if (c == '-' || (c >= '0' && c <= '9')) return json_value_take_number(p, v);
    return edoi_json_unexpected(&p->s, "a value is expected here");
}

/* An element's or member's place behind the one before it, `*last`; 0: it is the first. */
static edo_json_value *add_item(parser *p, uint32_t container, uint32_t *last) {
    edo_json_value *v = json_value_add(p);
    if (!v) return NULL;
    uint32_t at = (uint32_t)(v - p->values);
    if (*last == 0) p->values[container].child = at - container;
    if (*last != 0) p->values[*last].next = at - *last;
    p->values[container].count++;
    *last = at;
    if (p->values[container].kind != EDO_JSON_OBJECT) return v;
    if (edoi_json_peek(&p->s) != '"')
        return (void)edoi_json_unexpected(&p->s, "a name is expected here"), NULL;
    return json_value_take_string(p, &v->name, &v->name_len) && edoi_json_colon(&p->s) ? v : NULL;
}

/* What is open: while it is, a container's `next` is the index of the one around it. */
typedef struct inside {
    uint32_t open; /* the innermost container; NONE: the outermost value was read */
    uint32_t last; /* its last item; 0: it has none */
} inside;
#define NONE UINT32_MAX

/* Behind an item, or at the end of an empty container: goes out of all that ends here, and to the
 * next item. NULL: that was all, or it failed. */
static edo_json_value *next_item(parser *p, inside *in) {
    while (in->open != NONE) {
        edo_json_value *container = &p->values[in->open];
        bool is_object = container->kind == EDO_JSON_OBJECT;
        edoi_json_space(&p->s);
        char c = edoi_json_peek(&p->s);
        if (c == ',' && in->last != 0) {
            p->s.at++;
            edoi_json_space(&p->s);
            return add_item(p, in->open, &in->last);
        }
        if (c != (is_object ? '}' : ']')) {
            (void)edoi_json_unexpected(&p->s, is_object ? "a comma or } is expected here"
                                                        : "a comma or ] is expected here");
            return NULL;
        }
        p->s.at++;
        p->depth--;
        if (is_object && (p->err = drop_duplicates(container)) < 0) return NULL;
        in->last = in->open;
        in->open = container->next;
        container->next = 0;
    }
    return NULL;
}

/* Begins the array or object at `v`, and returns its first item; NULL: it is empty, or failed. */
static edo_json_value *first_item(parser *p, edo_json_value *v, inside *in) {
    char c = *p->s.at;
    if (p->depth == p->depth_max) return (void)edoi_json_wrong(&p->s, edoi_json_too_deep), NULL;
    p->depth++;
    v->kind = c == '{' ? EDO_JSON_OBJECT : EDO_JSON_ARRAY;
    v->next = in->open;
    v->len = in->open == NONE ? 0 : (uint32_t)(v - p->values) - in->open;
    *in = (inside){ (uint32_t)(v - p->values), 0 };
    p->s.at++;
    edoi_json_space(&p->s);
    return edoi_json_peek(&p->s) == c + 2 ? NULL : add_item(p, in->open, &in->last);
}

static bool has_failed(const parser *p) {
    return p->s.reason || p->err < 0;
}

static bool take_all(parser *p) {
    inside in = { NONE, 0 };
    edo_json_value *v = json_value_add(p);
    while (v) {
        char c = edoi_json_peek(&p->s);
        if (c == '[' || c == '{') {
            v = first_item(p, v, &in);
            if (v || has_failed(p)) continue;
        } else if (!take_scalar(p, v)) {
            return false;
        }
        v = next_item(p, &in);
    }
    return !has_failed(p);
}

/* Compares the names of each two members; if they are many, of each two neighbours. */
static void value_check_names(const edo_json_value *object) {
    const edo_json_value *one = object + object->child;
    for (; one->next > 0; one += one->next) {
        for (const edo_json_value *two = one; two->next > 0;) {
            two += two->next;
            EDO_INV("value inv. 2", json_value_compare_names(one, two) != 0);
            if (object->count > COMPARED_MAX) break;
        }
    }
}

/* Walks all values but the frame. Each has one container, so this costs no more than twice `n`. */
static void value_check(const edo_json_value *values, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        const edo_json_value *v = &values[i];
        if (v->kind == DROPPED || v->kind < EDO_JSON_ARRAY) continue;
        uint32_t items = 0;
        for (uint32_t at = i, step = v->child; step > 0; step = values[at].next, items++) {
            EDO_INV("value inv. 1", step < n - at);
            at += step;
            bool is_in_v = values[at].kind < EDO_JSON_ARRAY || values[at].len == at - i;
            EDO_INV("value inv. 1", is_in_v);
        }
        EDO_INV("value inv. 1", items == v->count);
        if (v->kind == EDO_JSON_OBJECT && items > 1) value_check_names(v);
    }
}

int edo_json_value_parse(edo_json_value **out, edo_str text, const edo_json_opts *opts) {
    edo_json_opts o;
    int err = edoi_json_opts_take(&o, opts);
    if (err < 0) return err;
    if ((o.bytes_max != 0 && text.len > o.bytes_max) || text.len > UINT32_MAX / 2)
        return edo_fail(-EDO_ETOOLONG, "the JSON is longer than allowed");
    if (text.len == 0) text.ptr = "";
    parser p = { .s = edoi_json_scan_of(text), .cap = VALUES_MIN, .depth_max = o.depth_max };
    p.bytes_max = edoi_json_bytes_for(&o, text.len);
    char *characters = p.to = (char *)edoi_alloc(text.len + 1);
    p.values = (edo_json_value *)edoi_alloc(VALUES_MIN * sizeof *p.values);
    if (characters && p.values) {
        json_value_add(&p)->text = characters;
        edoi_json_space(&p.s);
        if (take_all(&p) && edoi_json_end(&p.s)) {
            EDO_CHECK(value_check(p.values, p.n));
            edo_json_value *fitting = edoi_realloc(p.values, p.n * sizeof *p.values);
            *out = (fitting ? fitting : p.values) + 1; // without memory it stays too large
            return 0;
        }
        err = p.err < 0 ? p.err : edoi_json_refused(&p.s, NULL, o.error, -EDO_EJSON);
    } else {
        err = -ENOMEM;
    }
    edoi_free(p.values);
    edoi_free(characters);
    return err;
}

void edo_json_value_free(edo_json_value *root) {
    if (!root) return;
    char *characters;
    edo_json_value *frame = root - 1;
    memcpy(&characters, &frame->text, sizeof characters);
    edoi_free(characters);
    edoi_free(frame);
}
