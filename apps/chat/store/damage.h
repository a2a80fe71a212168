/* SPDX-License-Identifier: MIT */
/* damage.h: what is damaged in the file of a store, in plain words for operators. */
#ifndef CHAT_DAMAGE_H
#define CHAT_DAMAGE_H

#include "store/store.h"

#include <pthread.h>

/* The first damage that was come upon. Threads: any, at once. */
typedef struct damage {
    pthread_mutex_t lock;
    char text[STORE_DAMAGE_BYTES]; /* lock: lock; empty: none */
} damage;

#define DAMAGE_INIT                                                                                \
    { .lock = PTHREAD_MUTEX_INITIALIZER }

/* Keeps the text, unless there is one already. `file` is a path, of which the last part is told. */
void damage_note(damage *self, const char *file, const char *format, ...) EDO_PRINTF(3, 4);

/* Copies the text. Returns whether there is one. */
bool damage_text(damage *self, char *out, size_t bytes);

/* The number of the page that SQLite's check names in its report, from 1; 0: it names none. */
uint32_t damage_page_in(const char *report);

#endif
