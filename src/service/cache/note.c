/* SPDX-License-Identifier: MIT */
/* service/cache/note.c: see note.h. */
#define EDO_TARGET "cache"
#include "service/cache/note.h"

void edoi_cache_tell(const char *name, const char *result) {
    edo_debug_kv("asked", EDO_KV("cache", name), EDO_KV("result", result));
}
