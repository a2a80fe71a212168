/* SPDX-License-Identifier: MIT */
/* web_openapi.c: an API that describes itself, for programs and for people.
 *
 *     web_openapi [HOST:PORT]
 *     curl http://127.0.0.1:8080/openapi.json      and a browser at http://127.0.0.1:8080/docs */
#include <edo/edo.h>
#include <edo/web_call.h>

#include <errno.h>

#define PLANTS_MAX 100

typedef enum light { LIGHT_SHADE, LIGHT_HALF, LIGHT_SUN } light;
EDO_DESCRIBE_ENUM(light, EDO_UNIT(LIGHT_SHADE, "shade"), EDO_UNIT(LIGHT_HALF, "half"),
                  EDO_UNIT(LIGHT_SUN, "sun"))

/* The place where it grows: a pot of a size, a bed of a name, or none yet. */
typedef struct place {
    int kind;
    union {
        uint16_t litres;
        char bed[33];
    } of;
} place;
EDO_DESCRIBE_UNION(place, kind, EDO_UNIT(0, "none"),
                   EDO_FIELD(place, of.litres, EDO_AS("pot"), .tag = 1, .min = 1, .max = 500,
                             .doc = "litres"),
                   EDO_FIELD(place, of.bed, EDO_AS("bed"), .tag = 2, .min_len = 1))

typedef struct plant {
    int64_t id;
    char name[65], code[9];
    light wants;
    place in;
    edo_duration water_every;
    edo_wall added;
    double heights[12]; /* metres, one a month */
    size_t heights_n;
} plant;
EDO_DESCRIBE(plant, EDO_FIELD(plant, id, .optional = true, .doc = "given by the server"),
             EDO_FIELD(plant, name, .min_len = 1, .doc = "as people call it"),
             EDO_FIELD(plant, code, .optional = true, .pattern = "[A-Z]+-\\d+|\\(none\\)"),
             EDO_FIELD_OF(plant, wants, light_desc, .optional = true),
             EDO_FIELD_OF(plant, in, place_desc, .optional = true),
             EDO_FIELD(plant, water_every, .optional = true),
             EDO_FIELD(plant, added, .optional = true, .doc = "when, by the server's clock"),
             EDO_FIELD_UPTO(plant, heights, heights_n, .optional = true, .max = 120))

typedef struct garden {
    edo_mutex mutex;
    plant all[PLANTS_MAX];
    size_t all_n;
} garden;

typedef struct plants {
    plant *plants;
    size_t plants_n;
} plants;
EDO_DESCRIBE(plants, EDO_FIELD_LIST_OF(plants, plants, plants_n, plant_desc))

static int add_plant(edo_web *w, const void *in, void *out) {
    garden *g = edo_web_state(w);
    plant *p = out;
    int err = edo_mutex_lock(&g->mutex);
    if (err < 0) return err;
    bool has_room = g->all_n < PLANTS_MAX;
    *p = *(const plant *)in;
    p->id = (int64_t)g->all_n + 1;
    p->added = edo_wall_now();
    if (has_room) g->all[g->all_n++] = *p;
    edo_mutex_unlock(&g->mutex);
    return has_room ? 0 : edo_web_reject(w, -ENOSPC, EDO_STATUS_INSUFFICIENT_STORAGE, "no room");
}

typedef struct page {
    uint32_t from, most;
    edo_wall since;
} page;
EDO_DESCRIBE(page,
             EDO_FIELD(page, from, .preset = "1", .min = 1, .max = PLANTS_MAX,
                       .doc = "the first id"),
             EDO_FIELD(page, most, .preset = "10", .min = 1, .max = 10),
             EDO_FIELD(page, since, .preset = "1970-01-01T00:00:00Z", .doc = "added then or later"))

static int list_plants(edo_web *w, const void *in, void *out) {
    garden *g = edo_web_state(w);
    const page *p = in;
    plants *found = out;
    found->plants = edo_arena_alloc(edo_web_request(w)->arena, p->most * sizeof(plant));
    int err = found->plants ? edo_mutex_lock(&g->mutex) : -ENOMEM;
    if (err < 0) return err;
    for (size_t i = p->from - 1; i < g->all_n && found->plants_n < p->most; i++)
        if (edo_wall_compare(g->all[i].added, p->since) >= 0)
            found->plants[found->plants_n++] = g->all[i];
    edo_mutex_unlock(&g->mutex);
    return 0;
}

typedef struct plant_key {
    uint32_t id;
} plant_key;
EDO_DESCRIBE(plant_key, EDO_FIELD(plant_key, id, .min = 1, .max = PLANTS_MAX))

static int get_plant(edo_web *w, const void *in, void *out) {
    garden *g = edo_web_state(w);
    const plant_key *key = in;
    int err = edo_mutex_lock(&g->mutex);
    if (err < 0) return err;
    bool is_there = key->id <= g->all_n;
    if (is_there) *(plant *)out = g->all[key->id - 1];
    edo_mutex_unlock(&g->mutex);
    return is_there ? 0 : edo_web_reject(w, -ENOENT, EDO_STATUS_NOT_FOUND, "no plant %u", key->id);
}

static int app(void *arg) {
    static garden g = { .mutex = EDO_MUTEX_INIT };
    const edo_route_doc list = { .summary = "Some plants, in order of their ids",
                                 .tag = "Plants",
                                 .query = &page_desc,
                                 .reply = &plants_desc };
    const edo_route_doc add = { .summary = "Adds a plant",
                                .tag = "Plants",
                                .body = &plant_desc,
                                .status = EDO_STATUS_CREATED,
                                .reply = &plant_desc };
    const edo_route_doc get = {
        .summary = "One plant", .tag = "Plants", .params = &plant_key_desc, .reply = &plant_desc
    };
    edo_router *r = edo_router_new();
    edo_router_call(r, EDO_METHOD_GET, "/plants", list_plants, &list);
    edo_router_call(r, EDO_METHOD_POST, "/plants", add_plant, &add);
    edo_router_call(r, EDO_METHOD_GET, "/plants/{id}", get_plant, &get);
    edo_openapi_routes(
        r, &(edo_openapi_opts){ .title = "Garden", .version = "1.0", .doc = "What grows where." });
    return edo_web_serve(r, &(edo_web_opts){ .listen = arg, .state = &g, .announce = true });
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
