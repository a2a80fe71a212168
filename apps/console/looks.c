/* SPDX-License-Identifier: MIT */
/* apps/console/looks.c: see looks.h. */
#include "looks.h"

#include <edo/protobuf.h>

#include <errno.h>

int looks_take(looks *l, edo_str message) {
    held_look *next = &l->of[1 - l->at];
    edo_buf copy = { 0 };
    edo_arena arena = { 0 };
    edoi_look_update u = { .at_ms = 0 };
    int err = edo_buf_append(&copy, message.ptr, message.len);
    if (err == 0)
        err = edo_protobuf_decode(&u, &EDOI_LOOK_UPDATE_DESC, (edo_str){ copy.ptr, copy.len },
                                  &arena);
    if (err < 0) {
        edo_buf_deinit(&copy);
        edo_arena_deinit(&arena);
        return err;
    }
    edo_buf_deinit(&next->message);
    edo_arena_deinit(&next->arena);
    *next = (held_look){ .message = copy, .arena = arena, .u = u };
    l->at = 1 - l->at;
    l->n++;
    return 0;
}

void looks_deinit(looks *l) {
    for (int i = 0; i < 2; i++) {
        edo_buf_deinit(&l->of[i].message);
        edo_arena_deinit(&l->of[i].arena);
    }
    *l = (looks){ .n = 0 };
}

const edoi_look_update *looks_now(const looks *l) {
    return l->n > 0 ? &l->of[l->at].u : NULL;
}

const edoi_look_update *looks_before(const looks *l) {
    const edoi_look_update *before = l->n > 1 ? &l->of[1 - l->at].u : NULL;
    return before && before->pid == looks_now(l)->pid ? before : NULL;
}

void looks_forget_before(looks *l) {
    if (l->n > 1) l->n = 1;
}

int looks_export(const looks *l, FILE *out) {
    const edoi_look_update *now = looks_now(l);
    edo_buf text = { 0 };
    if (!now) return -ENODATA;
    int err = edo_protobuf_json_encode(&text, now, &EDOI_LOOK_UPDATE_DESC, NULL);
    if (err == 0) err = edo_buf_append(&text, "\n", 1);
    if (err == 0) err = file_put(out, (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
    return err;
}

static int file_error(void) {
    return errno > 0 ? -errno : -EIO;
}

int file_put(FILE *out, edo_str bytes) {
    errno = 0;
    if (fwrite(bytes.ptr, 1, bytes.len, out) == bytes.len && fflush(out) == 0 && !ferror(out))
        return 0;
    return file_error();
}

int file_end(FILE *out) {
    errno = 0;
    return fclose(out) == 0 ? 0 : file_error();
}
