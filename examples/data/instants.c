/* SPDX-License-Identifier: MIT */
/* instants.c: bookings with a date and a length, from what a browser or a program sends, and back.
 *
 *     instants */
#include <edo/edo.h>
#include <edo/json.h>

typedef struct booking {
    edo_str name;
    edo_wall from;
    edo_duration lasts;
} booking;
EDO_DESCRIBE(booking, EDO_FIELD(booking, name),
             EDO_FIELD(booking, from, .min = 1735689600), // 2025 and later
             EDO_FIELD(booking, lasts, .preset = "1h", .max = 86400000000000))

static const char *const sent[] = {
    "{\"name\":\"ann\",\"from\":\"2026-11-27T16:30:00+01:00\",\"lasts\":\"PT45M\"}",
    "{\"name\":\"bob\",\"from\":\"2028-02-29T08:00:00.5Z\"}",
    "{\"name\":\"eve\",\"from\":\"2027-02-29T08:00:00Z\"}",
    "{\"name\":\"eve\",\"from\":\"2024-12-31T23:59:59Z\"}",
    "{\"name\":\"eve\",\"from\":\"2026-11-27T16:30:00Z\",\"lasts\":\"P2D\"}",
};

static int take(edo_str text) {
    booking b;
    edo_buf out = { 0 };
    char end[EDO_WALL_TEXT_MAX];
    int err = edo_json_decode(&b, &booking_desc, text);
    if (err < 0) return err;
    (void)edo_wall_print(end, edo_wall_add(b.from, b.lasts));
    err = edo_json_encode(&out, &b, &booking_desc);
    if (err == 0) printf("%.*s until %s\n", (int)out.len, out.ptr, end);
    edo_buf_deinit(&out);
    edo_value_deinit(&b, &booking_desc);
    return err;
}

int main(void) {
    for (size_t i = 0; i < EDO_COUNT(sent); i++) {
        int err = take(edo_str_of(sent[i]));
        if (err < 0) edo_trail_print(stdout, err, EDO_TRAIL_LINE);
        edo_trail_clear();
    }
    return 0;
}
