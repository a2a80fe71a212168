/* SPDX-License-Identifier: MIT */
/* web/template/template.h: a compiled template: blocks of operations, made by compile.c and run by
 * render.c. A block is the template, or a partial for one kind of element.
 *
 * inv. 1: the operations of a section are those behind it and before `to`, which lies in its block.
 * inv. 2: `steps` lead from an element of the context to one of the type of `field`; all but the
 *         last lead to one element at most. */
#ifndef EDOI_WEB_TEMPLATE_TEMPLATE_H
#define EDOI_WEB_TEMPLATE_TEMPLATE_H

#include <edo/template.h>

/* Where a name is looked up: `up` contexts further out, or in the whole value. */
#define EDOI_TEMPLATE_ROOT UINT8_MAX

typedef enum edoi_template_kind {
    EDOI_TEMPLATE_TEXT,
    EDOI_TEMPLATE_VALUE,
    EDOI_TEMPLATE_RAW,    /* a value that is not escaped */
    EDOI_TEMPLATE_URL,    /* one in the beginning of an address */
    EDOI_TEMPLATE_JSON,   /* one as JSON, */
    EDOI_TEMPLATE_SCRIPT, /* in a script, where HTML's escapes are text */
    EDOI_TEMPLATE_SECTION,
    EDOI_TEMPLATE_INVERTED,
    EDOI_TEMPLATE_PARTIAL
} edoi_template_kind;

/* Leads from a struct to one of its fields; or from a union or enum to whether it is that. */
typedef struct edoi_template_step {
    const edo_desc *in;
    const edo_field *to;
    uint32_t size; /* the bytes of an enum */
} edoi_template_step;

typedef struct edoi_template_op {
    uint8_t kind;
    uint8_t up;
    uint16_t steps_n;
    uint32_t to; /* SECTION, INVERTED: its end; PARTIAL: the block; TEXT: its bytes before an
                    address that begins in it, or 0 */
    union {
        edo_str text;
        struct {
            const edoi_template_step *steps;
            const edo_field *field; /* what the steps lead to */
        };
    };
} edoi_template_op;

typedef struct edoi_template_block {
    uint32_t from, to; /* operations */
} edoi_template_block;

struct edo_template {
    edo_arena arena; /* has all memory of the template */
    const edoi_template_op *ops;
    const edoi_template_block *blocks; /* the first one is the template itself */
    size_t bytes_max;
    bool is_plain;
};

#endif
