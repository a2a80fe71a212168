/* SPDX-License-Identifier: MIT */
/* words.c: which words a text has more than once: cut off its front, and counted in a map. */
#include <edo/error.h>
#include <edo/map.h>
#include <edo/str.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct limits {
    uint64_t least, letters;
} limits;

/* Lines of "name = number  # why". */
static int read_limits(limits *l, edo_str text) {
    int err = 0;
    while (err == 0 && text.len > 0) {
        edo_str line = edo_str_cut(&text, '\n'), value = edo_str_cut(&line, '#');
        edo_str name = edo_str_trim(edo_str_cut(&value, '='));
        if (edo_str_equal_nocase(name, EDO_STR("least")))
            err = edo_str_uint(&l->least, edo_str_trim(value));
        else if (edo_str_equal_nocase(name, EDO_STR("letters")))
            err = edo_str_uint(&l->letters, edo_str_trim(value));
        else if (name.len > 0)
            err = -EINVAL;
    }
    return err;
}

/* Counts words. `lower` is used again, so the map has copies of its keys. */
static int count_words(edo_map *counts, edo_str text) {
    char lower[32];
    for (edo_str word; (word = edo_str_word(&text)).len > 0;) {
        if (word.len > sizeof lower) continue;
        uint64_t *n = edo_map_add(counts, edo_str_lower(lower, word));
        if (!n) return -ENOMEM;
        ++*n;
    }
    return 0;
}

/* Keys may be removed during a walk, also others than the one at hand; none may be added. */
static void forget_rare(edo_map *counts, const limits *l) {
    for (edo_map_at at = { 0 }; edo_map_next(counts, &at);)
        if (*(uint64_t *)at.value < l->least || at.key.len < l->letters)
            edo_map_remove_at(counts, &at);
}

static int by_text(const void *a, const void *b) {
    return edo_str_compare(*(const edo_str *)a, *(const edo_str *)b);
}

/* The order of a walk is no order. */
static int print_sorted(const edo_map *counts) {
    size_t n = 0;
    edo_str *words = calloc(counts->len + 1, sizeof *words);
    if (!words) return -ENOMEM;
    for (edo_map_at at = { 0 }; edo_map_next(counts, &at);) words[n++] = at.key;
    qsort(words, n, sizeof *words, by_text);
    for (size_t i = 0; i < n; i++)
        printf("%.*s: %" PRIu64 "\n", (int)words[i].len, words[i].ptr,
               *(uint64_t *)edo_map_get(counts, words[i]));
    free(words);
    return 0;
}

int main(void) {
    static const char settings[] = "least = 2   # times\n"
                                   "# and of a word:\n"
                                   "Letters = 4\n";
    static const char text[] = "The task that waits holds no thread, and a thread that waits\n"
                               "holds no task: So what WAITS is a task, and a thread works.\n";
    edo_map counts = { .value_size = sizeof(uint64_t), .owns_keys = true };
    limits l = { 0 };
    int err = read_limits(&l, edo_str_of(settings));
    if (err == 0) err = count_words(&counts, edo_str_of(text));
    if (err == 0) forget_rare(&counts, &l);
    if (err == 0) err = print_sorted(&counts);
    edo_map_deinit(&counts);
    if (err < 0) (void)fprintf(stderr, "words: %s\n", edo_strerror(err));
    return err < 0;
}
