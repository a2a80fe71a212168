/* SPDX-License-Identifier: MIT */
/* map.c: see map.h. */
#include "map.h"

#include <edo/fs.h>

#include <math.h>

#define EARTH_M 6371000.0

static const routeguide_point origin;

int map_read(map *m, const char *path) {
    edo_bytes text;
    int err = edo_fs_read_all(&text, path);
    if (err < 0) return edo_fail(err, "reading %s", path);
    err = edo_protobuf_json_decode(&m->all, &routeguide_feature_database_desc, text.str, &m->arena,
                                   NULL);
    edo_bytes_unref(&text);
    return edo_fail(err, "in %s", path);
}

void map_end(map *m) {
    edo_arena_deinit(&m->arena);
}

bool point_is(const routeguide_point *a, const routeguide_point *b) {
    if (!a) a = &origin;
    if (!b) b = &origin;
    return a->latitude == b->latitude && a->longitude == b->longitude;
}

const routeguide_feature *map_at(const map *m, const routeguide_point *p) {
    for (size_t i = 0; i < m->all.feature_n; i++)
        if (point_is(m->all.feature[i].location, p)) return &m->all.feature[i];
    return NULL;
}

static bool is_between(int32_t x, int32_t a, int32_t b) {
    return (x >= a && x <= b) || (x >= b && x <= a);
}

bool rectangle_has(const routeguide_rectangle *r, const routeguide_point *p) {
    const routeguide_point *lo = r->lo ? r->lo : &origin, *hi = r->hi ? r->hi : &origin;
    if (!p) p = &origin;
    return is_between(p->latitude, lo->latitude, hi->latitude) &&
           is_between(p->longitude, lo->longitude, hi->longitude);
}

static double radians(int32_t e7) {
    return (double)e7 / 1e7 * 3.14159265358979323846 / 180;
}

/* The haversine formula. */
double point_distance(const routeguide_point *a, const routeguide_point *b) {
    const double north = sin((radians(b->latitude) - radians(a->latitude)) / 2);
    const double east = sin((radians(b->longitude) - radians(a->longitude)) / 2);
    const double h =
        north * north + cos(radians(a->latitude)) * cos(radians(b->latitude)) * east * east;
    return 2 * EARTH_M * asin(sqrt(h));
}
