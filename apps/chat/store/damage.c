/* SPDX-License-Identifier: MIT */
/* damage.c: see damage.h. */
#include "store/damage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void damage_note(damage *self, const char *file, const char *format, ...) {
    const char *last = strrchr(file, '/');
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&self->lock);
    if (!*self->text) {
        int n = snprintf(self->text, sizeof self->text, "%.60s: ", last ? last + 1 : file);
        (void)vsnprintf(self->text + n, sizeof self->text - (size_t)n, format, args);
    }
    pthread_mutex_unlock(&self->lock);
    va_end(args);
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
