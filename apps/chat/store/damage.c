/* SPDX-License-Identifier: MIT */
/* damage.c: see damage.h. */
#include "store/damage.h"

#include "text.h"

#include <edo/compiler.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX 40

/* The last part of a path, or the begin of that, as text: a file may have any bytes in its name,
 * and what is told of it goes into JSON. */
static void file_text(char out[FILE_BYTES_MAX + 1], const char *path) {
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    bool is_cut = snprintf(out, FILE_BYTES_MAX + 1, "%s", last) > FILE_BYTES_MAX;
    if (is_cut) text_mark_cut(out, FILE_BYTES_MAX + 1);
    if (!text_fault(edo_str_of(out))) return;
    for (char *c = out; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
    if (is_cut) text_mark_cut(out, strlen(out) + 1);
}

static void damage_keep(damage *self, bool is_place, const char *file, const char *format,
                        va_list args) EDO_PRINTF(4, 0);

static void damage_keep(damage *self, bool is_place, const char *file, const char *format,
                        va_list args) {
    char last[FILE_BYTES_MAX + 1];
    file_text(last, file);
    pthread_mutex_lock(&self->lock);
    if (!*self->text || (is_place && !self->is_place)) {
        int n = snprintf(self->text, sizeof self->text, "%s: ", last);
        n += vsnprintf(self->text + n, sizeof self->text - (size_t)n, format, args);
        if (n >= (int)sizeof self->text) text_mark_cut(self->text, sizeof self->text);
        self->is_place = is_place;
    }
    pthread_mutex_unlock(&self->lock);
}

void damage_note(damage *self, const char *file, const char *format, ...) {
    va_list args;
    va_start(args, format);
    damage_keep(self, true, file, format, args);
    va_end(args);
}

void damage_guess(damage *self, const char *file, const char *format, ...) {
    va_list args;
    va_start(args, format);
    damage_keep(self, false, file, format, args);
    va_end(args);
}

bool damage_has_place(damage *self) {
    pthread_mutex_lock(&self->lock);
    bool has_place = self->is_place;
    pthread_mutex_unlock(&self->lock);
    return has_place;
}

bool damage_text(damage *self, char *out, size_t bytes) {
    pthread_mutex_lock(&self->lock);
    (void)snprintf(out, bytes, "%s", self->text);
    pthread_mutex_unlock(&self->lock);
    return *out != '\0';
}

/* "Page 7: ...", "On tree page 7 cell 3: ...", "Tree 2 page 7 cell 3: ...", by release. */
uint32_t damage_page_in(const char *report) {
    static const char word[] = "age ";
    for (const char *at = report; (at = strstr(at, word)); at++) {
        unsigned long page = strtoul(at + sizeof word - 1, NULL, 10);
        if (page > 0 && page <= UINT32_MAX) return (uint32_t)page;
    }
    return 0;
}
