/* SPDX-License-Identifier: MIT */
/* Goal: a value is shown as JSON that a parser reads, whatever is in it, and no secret is.
 * Method: rows of values and their texts. */
#include "value/text/print.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef enum color { COLOR_RED = 1, COLOR_BLUE } color;

EDO_DESCRIBE_ENUM(color, EDO_UNIT(COLOR_RED, "red"), EDO_UNIT(COLOR_BLUE, "blue"))

typedef struct circle {
    double radius;
} circle;

EDO_DESCRIBE(circle, EDO_FIELD(circle, radius))

typedef struct shape {
    uint32_t kind;
    union {
        circle circle;
    } u;
} shape;

EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(1, "point"),
                   EDO_FIELD_OF(shape, u.circle, circle_desc, EDO_AS("circle"), .tag = 2))

typedef struct entry {
    char *name;
    int value;
} entry;

EDO_DESCRIBE(entry, EDO_FIELD(entry, name), EDO_FIELD(entry, value))

typedef struct whole {
    color color;
    shape *shapes;
    size_t shapes_n;
    entry *by_name;
    size_t by_name_n;
    bool is_good;
    char *text;
    edo_bytes bytes;
    circle secret;
} whole;

EDO_DESCRIBE(whole, EDO_FIELD_OF(whole, color, color_desc),
             EDO_FIELD_LIST_OF(whole, shapes, shapes_n, shape_desc),
             EDO_FIELD_LIST_OF(whole, by_name, by_name_n, entry_desc, .map = true),
             EDO_FIELD(whole, is_good), EDO_FIELD(whole, text), EDO_FIELD(whole, bytes),
             EDO_FIELD_OF(whole, secret, circle_desc, .secret = true))

static void expect(const whole *w, const char *json) {
    edo_buf out = { 0 };
    assert_int_equal(edoi_value_print_json(&out, w, &whole_desc), 0);
    assert_int_equal(edo_buf_append(&out, "", 1), 0);
    assert_string_equal(out.ptr, json);
    edo_buf_deinit(&out);
}

static void each_kind_is_json(void **state) {
    static char a[] = "a", b[] = "\"b\n";
    (void)state;
    shape shapes[2] = { { .kind = 1 }, { .kind = 2 } };
    shapes[1].u.circle.radius = NAN;
    entry entries[] = { { a, 1 }, { b, -2 } };
    expect(&(whole){ .color = COLOR_BLUE,
                     .shapes = shapes,
                     .shapes_n = 2,
                     .by_name = entries,
                     .by_name_n = 2,
                     .is_good = true,
                     .text = b,
                     .bytes = { { "xyz", 3 }, NULL } },
           "{\"color\":\"blue\",\"shapes\":[{\"point\":null},{\"circle\":{\"radius\":null}}],"
           "\"by_name\":{\"a\":1,\"\\\"b\\n\":-2},\"is_good\":true,\"text\":\"\\\"b\\n\","
           "\"bytes\":\"eHl6\",\"secret\":\"***\"}");
    expect(&(whole){ .color = COLOR_RED },
           "{\"color\":\"red\",\"shapes\":[],\"by_name\":{},\"is_good\":false,\"text\":null,"
           "\"bytes\":\"\",\"secret\":\"***\"}");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_kind_is_json) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
