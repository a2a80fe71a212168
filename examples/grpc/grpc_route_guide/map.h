/* SPDX-License-Identifier: MIT */
/* map.h: what stands where. */
#ifndef MAP_H
#define MAP_H

#include "route_guide.edo.h"

#include <edo/edo.h>

/* It is read once, and only looked at from then on: handlers on all threads share it. */
typedef struct map {
    edo_arena arena;
    routeguide_feature_database all;
} map;

/* Reads a file of JSON: the message FeatureDatabase. */
int map_read(map *m, const char *path);
void map_end(map *m);

/* The feature at a point; NULL: there is none. */
const routeguide_feature *map_at(const map *m, const routeguide_point *p);

/* Do two points mean the same place? NULL is (0, 0), as what a message does not say is. */
bool point_is(const routeguide_point *a, const routeguide_point *b);

bool rectangle_has(const routeguide_rectangle *r, const routeguide_point *p);

/* How far it is from one to the other over the sphere, in meters. */
double point_distance(const routeguide_point *a, const routeguide_point *b);

#endif
