/* SPDX-License-Identifier: MIT */
/* support/absence.h: structs of one field, `n`, and which sources may say nothing of it: one table,
 * which the tests of all formats go through. */
#ifndef EDO_TESTS_ABSENCE_H
#define EDO_TESTS_ABSENCE_H

#include <edo/value.h>

#define ABSENCE(type, member, ...)                                                                 \
    typedef struct type {                                                                          \
        member;                                                                                    \
        size_t n_n;                                                                                \
        bool has_n;                                                                                \
    } type;                                                                                        \
    EDO_DESCRIBE(type, __VA_ARGS__)

typedef enum absence_color { ABSENCE_RED = 1, ABSENCE_BLUE } absence_color;
EDO_DESCRIBE_ENUM(absence_color, EDO_UNIT(ABSENCE_RED, "red"), EDO_UNIT(ABSENCE_BLUE, "blue"))

ABSENCE(absent_number, int64_t n, EDO_FIELD(absent_number, n))
ABSENCE(absent_text, edo_str n, EDO_FIELD(absent_text, n))
ABSENCE(absent_enum, absence_color n, EDO_FIELD_OF(absent_enum, n, absence_color_desc))
ABSENCE(absent_ptr, int64_t *n, EDO_FIELD_PTR(absent_ptr, n))
ABSENCE(absent_fixed, int64_t n[2], EDO_FIELD_FIXED(absent_fixed, n))
ABSENCE(absent_bool, bool n, EDO_FIELD(absent_bool, n))
ABSENCE(absent_list, int64_t *n, EDO_FIELD_LIST(absent_list, n, n_n))
ABSENCE(absent_upto, int64_t n[2], EDO_FIELD_UPTO(absent_upto, n, n_n))
ABSENCE(absent_full, int64_t *n, EDO_FIELD_LIST(absent_full, n, n_n, .min_len = 1))
ABSENCE(absent_optional, int64_t n, EDO_FIELD(absent_optional, n, .optional = true))
ABSENCE(absent_preset, int64_t n, EDO_FIELD(absent_preset, n, .preset = "7"))
ABSENCE(absent_has, int64_t n, EDO_FIELD(absent_has, n, EDO_HAS(absent_has, has_n)))
ABSENCE(absent_has_text, edo_str n, EDO_FIELD(absent_has_text, n, EDO_HAS(absent_has_text, has_n)))
ABSENCE(absent_has_enum, absence_color n,
        EDO_FIELD_OF(absent_has_enum, n, absence_color_desc, EDO_HAS(absent_has_enum, has_n)))
ABSENCE(absent_has_bool, bool n, EDO_FIELD(absent_has_bool, n, EDO_HAS(absent_has_bool, has_n)))
ABSENCE(absent_has_wall, edo_wall n, EDO_FIELD(absent_has_wall, n, EDO_HAS(absent_has_wall, has_n)))

typedef enum absence_when {
    ABSENCE_NEVER, /* the field is required */
    ABSENCE_GIVEN, /* only where false and the empty list are what is not named: flags, queries … */
    ABSENCE_ANY,
} absence_when;

typedef struct absence {
    const edo_desc *desc;
    absence_when when;
    bool is_column; /* its kind is one of a database's column */
} absence;

static const absence absences[] = {
    { &absent_number_desc, ABSENCE_NEVER, true }, { &absent_text_desc, ABSENCE_NEVER, true },
    { &absent_enum_desc, ABSENCE_NEVER, true },   { &absent_ptr_desc, ABSENCE_NEVER, true },
    { &absent_fixed_desc, ABSENCE_NEVER, false }, { &absent_full_desc, ABSENCE_NEVER, false },
    { &absent_bool_desc, ABSENCE_GIVEN, true },   { &absent_list_desc, ABSENCE_GIVEN, false },
    { &absent_upto_desc, ABSENCE_GIVEN, false },  { &absent_optional_desc, ABSENCE_ANY, true },
    { &absent_preset_desc, ABSENCE_ANY, true },   { &absent_has_desc, ABSENCE_ANY, true },
    { &absent_has_text_desc, ABSENCE_ANY, true }, { &absent_has_enum_desc, ABSENCE_ANY, true },
    { &absent_has_bool_desc, ABSENCE_ANY, true }, { &absent_has_wall_desc, ABSENCE_ANY, true },
};

/* Room for any of them. */
typedef union absent_any {
    absent_fixed fixed;
    absent_upto upto;
    absent_text text;
    absent_has has;
    absent_has_wall wall;
} absent_any;

#endif
