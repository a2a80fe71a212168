/* SPDX-License-Identifier: MIT */
/* known.c: see known.h. The upper half of a naming stands for the name, the lower one for the
 * person; 0 there: it is not known who.
 *
 * inv. 1: a name stands in `shown` once. */
#include "room/known.h"

#include "store/token.h"

#include <edo/random.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 8

/* ---- Namings --------------------------------------------------------------------------------- */

void namer_init(namer *self) {
    // Without a secret others could find numbers that collide, and nothing else is lost.
    if (edo_random(&self->secret, sizeof self->secret) < 0) self->secret = 1;
}

/* Of something with the secret. */
static uint32_t keyed_hash(const namer *by, const char *kind, const char *of) {
    char text[NAME_BYTES_MAX + 64], key[TOKEN_KEY_BYTES + 1];
    (void)snprintf(text, sizeof text, "%s %016" PRIx64 " %s", kind, by->secret, of);
    token_key(edo_str_of(text), key);
    key[8] = '\0'; // 32 bits
    return (uint32_t)strtoul(key, NULL, 16);
}

uint64_t naming_of(const namer *by, const name *n, const char *person) {
    char of_name[NAME_BYTES_MAX + 1];
    name_key(n, of_name);
    uint64_t who = *person ? keyed_hash(by, "person", person) : 0;
    if (*person && who == 0) who = 1;
    return (uint64_t)keyed_hash(by, "name", of_name) << 32 | who;
}

static bool has_person(uint64_t naming) {
    return (uint32_t)naming != 0;
}

/* ---- What was shown -------------------------------------------------------------------------- */

void known_init(known_names *self, uint32_t most) {
    *self = (known_names){ .cap_max = most };
    pthread_mutex_init(&self->lock, NULL);
}

void known_deinit(known_names *self) {
    free(self->shown);
    pthread_mutex_destroy(&self->lock);
}

/* Lock held. The index of the name; `n`: it has none. The newest first, which are shown most. */
static uint32_t find_shown(const known_names *self, uint64_t naming) {
    for (uint32_t i = self->n; i > 0; i--)
        if (naming_name(self->shown[i - 1]) == naming_name(naming)) return i - 1;
    return self->n;
}

/* Lock held. Takes one out. */
static void forget_shown(known_names *self, uint32_t at) {
    self->n--;
    memmove(&self->shown[at], &self->shown[at + 1], (self->n - at) * sizeof *self->shown);
}

/* Lock held. Makes room for one more, in memory or in that of the oldest. Returns whether there
 * is one. */
static bool known_make_room(known_names *self) {
    uint32_t cap = self->cap ? 2 * self->cap : CAP_FIRST;
    if (cap > self->cap_max) cap = self->cap_max;
    if (self->n < self->cap) return true;
    uint64_t *larger = cap > self->cap ? realloc(self->shown, cap * sizeof *larger) : NULL;
    if (larger) {
        self->shown = larger;
        self->cap = cap;
    } else {
        self->has_forgotten = true;
        if (self->n > 0) forget_shown(self, 0);
    }
    return self->n < self->cap;
}

/* Lock held. A name without a person is no news of one that is known. */
static void put_shown(known_names *self, uint64_t naming) {
    if (self->n > 0 && self->shown[self->n - 1] == naming) return;
    uint32_t at = find_shown(self, naming);
    bool is_known = at < self->n;
    if (is_known && !has_person(naming)) return;
    if (is_known) forget_shown(self, at);
    if (known_make_room(self)) self->shown[self->n++] = naming;
}

void known_note(known_names *self, uint64_t naming) {
    if (naming == 0) return;
    pthread_mutex_lock(&self->lock);
    put_shown(self, naming);
    pthread_mutex_unlock(&self->lock);
}

void known_forget(known_names *self) {
    pthread_mutex_lock(&self->lock);
    self->has_forgotten = true;
    pthread_mutex_unlock(&self->lock);
}

/* ---- What was asked -------------------------------------------------------------------------- */

/* FNV-1a: nobody gains by a text of the author's with the hash of another. */
static uint64_t hash_asked(uint64_t owner, edo_str text) {
    uint64_t hash = 0xcbf29ce484222325 ^ owner;
    for (size_t i = 0; i < text.len; i++) hash = (hash ^ (uint8_t)text.ptr[i]) * 0x100000001b3;
    return hash | 1;
}

/* Lock held. Returns whether it was asked; it is not any more. */
static bool take_asked(known_names *self, uint64_t hash) {
    for (size_t i = 0; i < KNOWN_ASKED; i++) {
        if (self->asked[i] != hash) continue;
        self->asked[i] = 0;
        return true;
    }
    return false;
}

/* Lock held. Of too many the last one is replaced: of several lines that are sent at once, and then
 * all of them again, the first is known still. */
static void put_asked(known_names *self, uint64_t hash) {
    size_t at = 0;
    while (at < KNOWN_ASKED - 1 && self->asked[at] != 0 && self->asked[at] != hash) at++;
    self->asked[at] = hash;
}

bool known_allows(known_names *self, uint64_t owner, bool is_heir, edo_str text) {
    uint64_t hash = hash_asked(owner, text);
    pthread_mutex_lock(&self->lock);
    uint32_t at = find_shown(self, owner);
    bool is_known = at < self->n;
    bool is_other = is_known ? self->shown[at] != owner : is_heir && self->has_forgotten;
    bool is_allowed = !is_other || take_asked(self, hash);
    if (!is_allowed) put_asked(self, hash);
    if (is_other && is_allowed) put_shown(self, owner);
    pthread_mutex_unlock(&self->lock);
    return is_allowed;
}

void known_ask(known_names *self, uint64_t owner, edo_str text) {
    pthread_mutex_lock(&self->lock);
    put_asked(self, hash_asked(owner, text));
    pthread_mutex_unlock(&self->lock);
}
