/* SPDX-License-Identifier: MIT */
/* fs/tree/resume.c: see resume.h. */
#include "fs/tree/resume.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static uint64_t hash(uint64_t h, const void *bytes, size_t n) { // FNV-1a
    for (const unsigned char *at = bytes; n > 0; n--) h = (h ^ *at++) * UINT64_C(0x100000001b3);
    return h;
}

static uint64_t dir_entry_mark_of(const edo_dir_entry *e) {
    uint64_t ino = e->ino, h = hash(UINT64_C(0xcbf29ce484222325), &ino, sizeof ino);
    h = hash(h, e->name, strlen(e->name));
    return h ? h : 1;
}

void edoi_resume_note(edoi_resume *self, edoi_entries *entries) {
    edo_dir_entry e;
    uint32_t n = 0, to = entries->at;
    uint64_t recent[EDOI_RESUME_BESIDE + 1] = { 0 }; // the newest first
    *self = (edoi_resume){ .place = entries->place_before };
    for (entries->at = 0; edoi_entries_peek(entries, &e) && entries->at < to; n++) {
        memmove(recent + 1, recent, sizeof recent - sizeof recent[0]);
        recent[0] = dir_entry_mark_of(&e);
        edoi_entries_pass(entries);
    }
    self->marks[EDOI_RESUME_ITSELF] = recent[0];
    memcpy(self->marks + EDOI_RESUME_EARLIER, recent + 1, sizeof recent - sizeof recent[0]);
    self->knows_all = entries->is_first && n <= EDO_COUNT(recent);
    self->is_over = !edoi_entries_peek(entries, &e) && entries->is_complete && !entries->failure;
    for (n = EDOI_RESUME_LATER; n < EDOI_RESUME_ITSELF && edoi_entries_peek(entries, &e); n++) {
        self->marks[n] = dir_entry_mark_of(&e);
        edoi_entries_pass(entries);
    }
}

/* ---- Going on -------------------------------------------------------------------------------- */

static int fetch_from(edoi_entries *entries, int64_t place) {
    if (lseek(entries->fd, place, SEEK_SET) < 0) return -errno;
    entries->place = place;
    entries->is_complete = false;
    edoi_entries_fetch(entries);
    return 0;
}

/* Does the next entry that was fetched show that the reader is there? Passes the one that was
 * returned last. */
static bool resume_is_there(const edoi_resume *self, edoi_entries *entries, const char *name,
                            size_t n) {
    edo_dir_entry e;
    if (!edoi_entries_peek(entries, &e)) return false;
    if (strlen(e.name) != n || memcmp(e.name, name, n) != 0)
        return dir_entry_mark_of(&e) == self->marks[EDOI_RESUME_LATER];
    edoi_entries_pass(entries);
    return true;
}

typedef struct marks_search {
    const edoi_resume *for_it;
    uint32_t at;    /* index of the best mark that was found */
    int64_t place;  /* where that mark says to go on */
    bool found_any; /* the directory has entries */
} marks_search;

static void marks_search_compare(marks_search *s, uint64_t mark, int64_t before, int64_t behind) {
    for (uint32_t i = 0; i < s->at; i++) {
        if (s->for_it->marks[i] != mark) continue;
        bool is_later = i >= EDOI_RESUME_LATER && i < EDOI_RESUME_ITSELF;
        s->place = is_later ? before : behind;
        s->at = i;
    }
}

/* Looks at the entries that were fetched. True: no better mark can come. */
static bool marks_search_look(marks_search *s, edoi_entries *entries) {
    edo_dir_entry e;
    while (edoi_entries_peek(entries, &e)) {
        uint64_t mark = dir_entry_mark_of(&e);
        int64_t before = entries->place;
        edoi_entries_pass(entries);
        if (s->at < EDOI_RESUME_LATER && s->place == before &&
            mark == s->for_it->marks[EDOI_RESUME_ITSELF])
            s->place = entries->place; // it is where it was, so it is not returned again
        if (s->at == EDOI_RESUME_EARLIER) return true;
        marks_search_compare(s, mark, before, entries->place);
        s->found_any = true;
    }
    return false;
}

/* In some file systems a place is a count of entries, which leads elsewhere after a removal: so the
 * directory is searched from its start. */
static int search_all(const edoi_resume *self, edoi_entries *entries) {
    marks_search s = { .for_it = self, .at = EDOI_RESUME_MARKS };
    int err = fetch_from(entries, 0);
    while (err == 0 && entries->end > 0 && !marks_search_look(&s, entries))
        edoi_entries_fetch(entries);
    int failure = edoi_entries_take_failure(entries);
    if (err < 0 || failure < 0) return err < 0 ? err : failure;
    if (s.at < EDOI_RESUME_MARKS) return fetch_from(entries, s.place);
    if (!s.found_any) return 0;
    return self->knows_all ? fetch_from(entries, 0) : -ESTALE;
}

static int resume_go_on(const edoi_resume *self, edoi_entries *entries, const char *name,
                        size_t n) {
    int err = fetch_from(entries, self->place);
    if (err < 0 || resume_is_there(self, entries, name, n)) return err;
    int failure = edoi_entries_take_failure(entries);
    return failure < 0 ? failure : search_all(self, entries);
}

void edoi_resume_go_on(const edoi_resume *self, edoi_entries *entries, const char *name, size_t n) {
    int err = resume_go_on(self, entries, name, n);
    if (err == 0) return;
    entries->failure = err;
    entries->is_complete = true;
    entries->at = entries->end;
}
