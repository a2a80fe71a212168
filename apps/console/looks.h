/* SPDX-License-Identifier: MIT */
/* apps/console/looks.h: the look that is shown, and the one before it, for what happens in a
 * second. */
#ifndef CONSOLE_LOOKS_H
#define CONSOLE_LOOKS_H

#include "console/own/messages.h"

#include <stdio.h>

typedef struct held_look {
    edo_buf message; /* the bytes of `u` */
    edo_arena arena;
    edoi_look_update u;
} held_look;

typedef struct looks {
    held_look of[2];
    uint32_t at; /* the newer one */
    uint64_t n;  /* that were taken */
} looks;

/* Takes a message as the newest look. Errors: of edo_protobuf_decode(): nothing has changed. */
int looks_take(looks *l, edo_str message);
void looks_deinit(looks *l);

/* NULL: there is none yet; of the one before, also if it is of another process. */
const edoi_look_update *looks_now(const looks *l);
const edoi_look_update *looks_before(const looks *l);

/* There is none before the newest one from now on. */
void looks_forget_before(looks *l);

/* Writes the newest look as JSON, with a line's end. Errors: as file_put(); -ENOMEM; -ENODATA. */
int looks_export(const looks *l, FILE *out);

/* Writes it, and what else is in the buffer of `out`. Errors: of the file, as -ENOSPC, also if they
 * were met earlier. */
int file_put(FILE *out, edo_str bytes);

/* Closes it, in any case. Errors: of the file. */
int file_end(FILE *out);

#endif
