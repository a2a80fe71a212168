/* SPDX-License-Identifier: MIT */
/* notice.c: see notice.h. */
#include "node/notice.h"

#include <edo/error.h>
#include <edo/json.h>

#include <errno.h>
#include <string.h>

#define NOTICE_BYTES_MAX (512u << 10) /* of a text: a list with all that it may have */
#define NOTICE_N_MAX     UINT32_MAX   /* people of a program in a room */
#define NOTICE_BEGIN     "{\"kind\":"

EDO_DESCRIBE(notice_person, EDO_FIELD(notice_person, person), EDO_FIELD(notice_person, nick),
             EDO_FIELD(notice_person, since, .optional = true))
EDO_DESCRIBE(notice_room, EDO_FIELD(notice_room, room), EDO_FIELD(notice_room, n),
             EDO_FIELD(notice_room, number))
EDO_DESCRIBE(notice, EDO_FIELD(notice, kind_text, EDO_AS("kind")), EDO_FIELD(notice, by),
             EDO_FIELD(notice, room, .optional = true), EDO_FIELD(notice, number, .optional = true),
             EDO_FIELD(notice, after, .optional = true), EDO_FIELD(notice, n, .optional = true),
             EDO_FIELD(notice, person, .optional = true), EDO_FIELD(notice, nick, .optional = true),
             EDO_FIELD(notice, old, .optional = true),
             EDO_FIELD(notice, is_quiet, .optional = true),
             EDO_FIELD(notice, since, .optional = true),
             EDO_FIELD_LIST_OF(notice, people, people_n, notice_person_desc, .optional = true,
                               .max_len = NOTICE_PEOPLE),
             EDO_FIELD_LIST_OF(notice, rooms, rooms_n, notice_room_desc, .optional = true,
                               .max_len = NOTICE_ROOMS),
             EDO_FIELD(notice, is_cut, .optional = true))

/* What a kind has. */
enum { OF_ROOM = 1, OF_PERSON = 2, OF_NUMBER = 4, MAY_BE_OF_ROOM = 8 };

static const struct notice_form {
    const char *text;
    unsigned has;
} forms[] = { [NOTICE_JOINED] = { "joined", OF_ROOM | OF_PERSON | OF_NUMBER },
              [NOTICE_LEFT] = { "left", OF_ROOM | OF_PERSON | OF_NUMBER },
              [NOTICE_RENAMED] = { "renamed", OF_ROOM | OF_PERSON | OF_NUMBER },
              [NOTICE_TYPING] = { "typing", OF_ROOM | OF_PERSON },
              [NOTICE_WHO] = { "who", MAY_BE_OF_ROOM },
              [NOTICE_ROSTER] = { "roster", OF_ROOM | OF_NUMBER },
              [NOTICE_BEAT] = { "beat", 0 },
              [NOTICE_LIST] = { "list", 0 },
              [NOTICE_GONE] = { "gone", 0 } };

bool notice_is(edo_str text) {
    size_t n = sizeof NOTICE_BEGIN - 1;
    return text.len > n && memcmp(text.ptr, NOTICE_BEGIN, n) == 0;
}

int notice_print(edo_buf *out, notice *what) {
    what->kind_text = edo_str_of(forms[what->kind].text);
    return edo_json_encode(out, what, &notice_desc);
}

static bool is_room_name(edo_str text) {
    name n;
    return room_name_parse(&n, text);
}

static bool is_name(edo_str text) {
    name n;
    return name_read(&n, text);
}

static bool is_somebody(edo_str person, edo_str nick) {
    bool is_hash = person.len == PERSON_BYTES;
    for (size_t i = 0; is_hash && i < PERSON_BYTES; i++)
        is_hash = person.ptr[i] != '\0' && strchr("0123456789abcdef", person.ptr[i]);
    return is_hash && is_name(nick);
}

static bool are_people(const notice *n) {
    for (size_t i = 0; i < n->people_n; i++) {
        if (!is_somebody(n->people[i].person, n->people[i].nick)) return false;
    }
    return true;
}

static bool are_rooms(const notice *n) {
    for (size_t i = 0; i < n->rooms_n; i++) {
        bool is_n = n->rooms[i].n > 0 && n->rooms[i].n <= NOTICE_N_MAX;
        if (!is_n || !is_room_name(n->rooms[i].room)) return false;
    }
    return true;
}

static bool is_notice(const notice *n) {
    unsigned has = forms[n->kind].has;
    bool is_of_room = n->room.ptr != NULL;
    if (has & OF_ROOM && !is_of_room) return false;
    if (is_of_room && (!(has & (OF_ROOM | MAY_BE_OF_ROOM)) || !is_room_name(n->room))) return false;
    if (has & OF_PERSON && !is_somebody(n->person, n->nick)) return false;
    if (has & OF_NUMBER && n->number == 0) return false;
    if (n->old.ptr && !is_name(n->old)) return false;
    return n->by > 0 && n->n <= NOTICE_N_MAX && are_people(n) && are_rooms(n);
}

int notice_read(edo_str text, edo_arena *of, notice *out) {
    const edo_json_opts opts = { .arena = of, .borrows = true, .bytes_max = NOTICE_BYTES_MAX };
    int err = edo_json_decode_with(out, &notice_desc, text, &opts);
    if (err < 0) {
        edo_trail_clear();
        return err == -ENOMEM ? err : -EINVAL;
    }
    out->kind = 0;
    for (size_t i = 1; i < EDO_COUNT(forms); i++) {
        if (edo_str_equal(out->kind_text, edo_str_of(forms[i].text))) out->kind = (notice_kind)i;
    }
    return out->kind > 0 && is_notice(out) ? 0 : -EINVAL;
}
