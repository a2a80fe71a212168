/* SPDX-License-Identifier: MIT */
/* console/own/faults.c: what edo_dump_faults() finds, one by one. */
#include "console/own/looks.h"

#include <edo/dump.h>
#include <edo/time.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FAULT      "fault: "
#define FAULTS_MAX 256u
#define FAULT_MAX  4096u /* bytes of one that are sent */

/* The next fault, or what stands behind the last one, from `at` on; NULL: there is none. */
static const char *fault_next(const char *at) {
    const char *end = strstr(at, "\n" FAULT);
    return end ? end + 1 : NULL;
}

static edo_str faults_text(edo_arena *arena, const char *text, size_t n) {
    while (n > 0 && text[n - 1] == '\n') n--;
    if (n > FAULT_MAX) n = FAULT_MAX;
    char *copy = n > 0 ? edo_arena_copy(arena, text, n) : NULL;
    if (!copy) return (edo_str){ NULL, 0 };
    const bool is_utf8 = edo_str_is_utf8((edo_str){ copy, n });
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)copy[i] >= 0x80 && !is_utf8) copy[i] = '?';
    return (edo_str){ copy, n };
}

/* The last line counts the faults; before it may stand what was not looked for. */
static char *faults_end(char *text, const char **note) {
    char *last = strrchr(text, '\n');
    while (last && last > text && last[-1] != '\n') last--;
    if (last) *last = '\0';
    char *unwatched = strstr(text, "locks are not watched");
    if (!unwatched) return text;
    *note = unwatched;
    if (unwatched > text) unwatched[-1] = '\0';
    return unwatched > text ? text : unwatched + strlen(unwatched);
}

static void faults_put(edoi_look_faults_reply *out, edo_arena *arena, char *text) {
    const char *note = NULL, *at = faults_end(text, &note);
    if (note) out->note = faults_text(arena, note, strlen(note));
    out->faults = edoi_look_list(arena, FAULTS_MAX, sizeof *out->faults);
    if (strncmp(at, FAULT, strlen(FAULT)) != 0) at = fault_next(at);
    for (const char *next; at && out->faults && out->faults_n < FAULTS_MAX; at = next) {
        next = fault_next(at);
        const size_t n = next ? (size_t)(next - at) : strlen(at);
        out->faults[out->faults_n++] = faults_text(arena, at + strlen(FAULT), n - strlen(FAULT));
    }
}

int edoi_look_for_faults(edoi_look_faults_reply *out, edo_arena *arena, uint32_t between_ms) {
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    if (!file) return -ENOMEM;
    int told = edo_dump_faults(file, edo_ms(between_ms));
    int err = fclose(file) == 0 ? 0 : -ENOMEM;
    if (told < 0) err = told;
    if (err == 0) faults_put(out, arena, text);
    free(text);
    return err;
}
