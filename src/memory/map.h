/* SPDX-License-Identifier: MIT */
/* memory/map.h: the walk that checks a map; see map.c. */
#ifndef EDOI_MEMORY_MAP_H
#define EDOI_MEMORY_MAP_H

#include <edo/map.h>

/* Walks the map, which has slots, and asserts its invariants; for tests. */
void edoi_map_check(const edo_map *m);

#endif
