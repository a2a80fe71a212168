/* SPDX-License-Identifier: MIT */
/* damage.h: what is damaged in the file of a store, in plain words for operators. */
#ifndef CHAT_DAMAGE_H
#define CHAT_DAMAGE_H

#include "store/store.h"

#include <pthread.h>

/* The first damage that was come upon, and where it is, if that is known. Threads: any, at once. */
typedef struct damage {
    pthread_mutex_t lock;
    char text[STORE_DAMAGE_BYTES]; /* lock: lock; empty: none */
    bool is_place;                 /* lock: lock; the text tells where it is */
} damage;

#define DAMAGE_INIT                                                                                \
    { .lock = PTHREAD_MUTEX_INITIALIZER }

/* Keeps the place of a damage, unless there is one already. Of `file`, a path, the last part is
 * told. */
void damage_note(damage *self, const char *file, const char *format, ...) EDO_PRINTF(3, 4);

/* Keeps what is known of a damage until its place is noted, unless something is known already. */
void damage_guess(damage *self, const char *file, const char *format, ...) EDO_PRINTF(3, 4);

/* Whether a place was noted. */
bool damage_has_place(damage *self);

/* Copies the text. Returns whether there is one. */
bool damage_text(damage *self, char *out, size_t bytes);

/* The number of the page that SQLite's check names in its report, from 1; 0: it names none. */
uint32_t damage_page_in(const char *report);

#endif
