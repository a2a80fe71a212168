/* SPDX-License-Identifier: MIT */
/* ares/sources.c: see sources.h. */
#include "ares/sources.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words behind "hosts:" of a line, which is cut into pieces; NULL: another line. */
static char *sources_words_of(char *line) {
    static const char name[] = "hosts:";
    line[strcspn(line, "#\n")] = '\0';
    line += strspn(line, " \t");
    return strncmp(line, name, sizeof name - 1) == 0 ? line + sizeof name - 1 : NULL;
}

/* Returns false if a word is no source that c-ares has. */
static bool add_words(char out[3], char *words) {
    char *rest = NULL;
    for (char *w = strtok_r(words, " \t", &rest); w; w = strtok_r(NULL, " \t", &rest)) {
        char letter = strcmp(w, "files") == 0 ? 'f' : strcmp(w, "dns") == 0 ? 'b' : '\0';
        if (letter == '\0') return false;
        size_t n = strlen(out);
        if (!strchr(out, letter) && n < 2) memcpy(out + n, (char[]){ letter, '\0' }, 2);
    }
    return true;
}

int edoi_ares_sources(char out[3], const char *path) {
    FILE *file = fopen(path, "re");
    if (!file) return -errno;
    char *line = NULL, *words;
    size_t room = 0;
    bool found = false, known = true;
    out[0] = '\0';
    errno = 0;
    while (known && getline(&line, &room, file) >= 0) {
        if (!(words = sources_words_of(line))) continue;
        found = true;
        known = add_words(out, words);
    }
    int err = known && ferror(file) ? -EIO : errno == ENOMEM ? -ENOMEM : 0;
    free(line);
    (void)fclose(file);
    if (!known) out[0] = '\0';
    if (!found) memcpy(out, "fb", 3);
    return err;
}
