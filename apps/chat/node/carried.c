/* SPDX-License-Identifier: MIT */
/* carried.c: see carried.h. */
#include "node/carried.h"

#include <edo/error.h>
#include <edo/json.h>

#include <errno.h>

#define CARRIED_BYTES_MAX (8u << 20) /* of a text: the longest line, and what JSON makes of it */

typedef struct carried {
    uint64_t number;
    int64_t time_ms;
    bool is_action;
    edo_str by, room, nick, text, ref;
} carried;
EDO_DESCRIBE(carried, EDO_FIELD(carried, by), EDO_FIELD(carried, room), EDO_FIELD(carried, number),
             EDO_FIELD(carried, time_ms), EDO_FIELD(carried, nick), EDO_FIELD(carried, is_action),
             EDO_FIELD(carried, text), EDO_FIELD(carried, ref))

int carried_print(edo_buf *out, const message *m, const char *by) {
    const saying *what = &m->what;
    const carried c = { .number = what->number,
                        .time_ms = what->time_ms,
                        .is_action = what->is_action,
                        .by = edo_str_of(by),
                        .room = edo_str_of(what->room.text),
                        .nick = edo_str_of(what->nick.text),
                        .text = what->text,
                        .ref = what->ref };
    return edo_json_encode(out, &c, &carried_desc);
}

int carried_read(edo_str text, edo_arena *of, saying *out, edo_str *by) {
    const edo_json_opts opts = { .arena = of, .borrows = true, .bytes_max = CARRIED_BYTES_MAX };
    carried c;
    int err = edo_json_decode_with(&c, &carried_desc, text, &opts);
    if (err < 0) {
        edo_trail_clear();
        return err == -ENOMEM ? err : -EINVAL;
    }
    *out = (saying){ .number = c.number,
                     .time_ms = c.time_ms,
                     .is_action = c.is_action,
                     .text = c.text,
                     .ref = c.ref };
    *by = c.by;
    bool is_whole = c.number > 0 && room_name_parse(&out->room, c.room) &&
                    name_read(&out->nick, c.nick) && !text_lines_fault(c.text) &&
                    !text_fault(c.ref);
    return is_whole ? 0 : -EINVAL;
}
