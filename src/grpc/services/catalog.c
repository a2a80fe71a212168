/* SPDX-License-Identifier: MIT */
/* grpc/services/catalog.c: see catalog.h. */
#include "grpc/services/catalog.h"

#include "grpc/server/server.h"
#include "web/request/web.h"

#include <errno.h>
#include <string.h>

#define TIMES_MAX 4096u /* the files are the program's own */

/* ---- Services -------------------------------------------------------------------------------- */

bool edoi_grpc_catalog_has(const edoi_grpc_catalog *c, edo_str service) {
    for (const edoi_grpc_listed *l = c->services; l; l = l->next)
        if (edo_str_equal(edo_str_of(l->service->name), service)) return true;
    return false;
}

int edoi_grpc_catalog_list(edoi_grpc_catalog *out, edo_grpc_call *call, edo_arena *arena) {
    const edo_router *r = edoi_grpc_server_of(call)->web->app->router;
    edoi_grpc_listed **end = &out->services;
    *out = (edoi_grpc_catalog){ .services_n = 0 };
    for (const edoi_route *route = r->first; route; route = route->next) {
        const edoi_grpc_route *of = route->fn == edoi_grpc_serve ? route->arg : NULL;
        if (!of || !of->service || edoi_grpc_catalog_has(out, edo_str_of(of->service->name)))
            continue;
        edoi_grpc_listed *l = edo_arena_alloc(arena, sizeof *l);
        if (!l) return -ENOMEM;
        *l = (edoi_grpc_listed){ .service = of->service };
        *end = l;
        end = &l->next;
        out->services_n++;
    }
    return 0;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Of a file, what says whether it was read. */
typedef struct file_head {
    edo_str name;
} file_head;
EDO_DESCRIBE(file_head, EDO_FIELD(file_head, name, .number = 1, .optional = true))

edoi_grpc_file *edoi_grpc_catalog_file(const edoi_grpc_catalog *c, edo_str name) {
    return edo_map_get_ptr(&c->named, name);
}

static int catalog_add(edoi_grpc_catalog *c, edo_str bytes, edo_arena *arena) {
    const edo_protobuf_opts opts = { .borrows = true, .times_max = TIMES_MAX };
    file_head head;
    int err = edo_protobuf_decode_with(&head, &file_head_desc, bytes, arena, &opts);
    if (err < 0 || edoi_grpc_catalog_file(c, head.name)) return err;
    edoi_grpc_file *f = edo_arena_alloc(arena, sizeof *f);
    if (!f) return -ENOMEM;
    *f = (edoi_grpc_file){ .bytes = bytes, .next = c->files, .index = c->files_n };
    err = edo_protobuf_decode_with(&f->proto, &google_protobuf_file_descriptor_proto_desc, bytes,
                                   arena, &opts);
    if (err == 0) err = edo_map_put(&c->named, f->proto.name, &f);
    if (err < 0) return err;
    c->files = f;
    c->files_n++;
    return 0;
}

/* Takes the next file off a FileDescriptorSet, whose fields are all of them number 1. */
static bool catalog_next(edo_str *set, edo_str *file) {
    const unsigned char *at = (const unsigned char *)set->ptr;
    size_t n = 0, i = 1;
    if (set->len == 0) return false;
    for (unsigned shift = 0; i < set->len; shift += 7) {
        n |= (size_t)(at[i] & 127) << shift;
        if (at[i++] < 128) break;
    }
    if (n > set->len - i) return false;
    *file = (edo_str){ set->ptr + i, n };
    *set = (edo_str){ set->ptr + i + n, set->len - i - n };
    return true;
}

/* What is to be read. Each source file of the program that includes a header has a copy, so one
 * file may come several times. */
typedef struct catalog_source {
    struct catalog_source *next;
    const edo_protobuf_file *file;
} catalog_source;

/* Those that are to be read, and were: each once, though many import it. */
typedef struct catalog_sources {
    catalog_source *first, **end;
    edo_map seen; /* a set of their addresses */
    edo_arena *arena;
} catalog_sources;

static int catalog_put_source(catalog_sources *all, const edo_protobuf_file *file) {
    const uint64_t address = (uintptr_t)file;
    if (edo_map_has_by_number(&all->seen, address)) return 0;
    catalog_source *s = edo_arena_alloc(all->arena, sizeof *s);
    if (!s) return -ENOMEM;
    *s = (catalog_source){ .file = file };
    *all->end = s;
    all->end = &s->next;
    return edo_map_add_by_number(&all->seen, address) ? 0 : -ENOMEM;
}

static int catalog_read_source(edoi_grpc_catalog *c, catalog_sources *all,
                               const edo_protobuf_file *source) {
    edo_str set = { (const char *)source->set, source->set_n }, file;
    int err = 0;
    while (err == 0 && catalog_next(&set, &file)) err = catalog_add(c, file, all->arena);
    for (size_t i = 0; err == 0 && source->imports[i]; i++)
        err = catalog_put_source(all, source->imports[i]);
    return err;
}

int edoi_grpc_catalog_read(edoi_grpc_catalog *c, edo_arena *arena) {
    catalog_sources all = { .arena = arena, .seen = { .by_number = true, .arena = arena } };
    int err = 0;
    all.end = &all.first;
    c->named = (edo_map){ .value_size = sizeof(edoi_grpc_file *), .arena = arena };
    for (const edoi_grpc_listed *l = c->services; l && err == 0; l = l->next)
        if (l->service->file) err = catalog_put_source(&all, l->service->file);
    for (const catalog_source *s = all.first; s && err == 0; s = s->next)
        err = catalog_read_source(c, &all, s->file);
    return err;
}

/* ---- What streams share ---------------------------------------------------------------------- */

static void shared_catalog_deinit(void *self) {
    edo_arena_deinit(&((edoi_grpc_shared_catalog *)self)->arena);
}

edoi_grpc_shared_catalog *edoi_grpc_shared_catalog_new(void) {
    edoi_grpc_shared_catalog *self = edo_rc_new(sizeof *self, shared_catalog_deinit);
    if (self) *self = (edoi_grpc_shared_catalog){ .read = EDO_ONCE_INIT };
    return self;
}

static int shared_catalog_read(void **out, void *arg) {
    edo_grpc_call *call = arg;
    edoi_grpc_shared_catalog *self = edo_grpc_arg(call);
    int err = edoi_grpc_catalog_list(&self->catalog, call, &self->arena);
    if (err == 0) err = edoi_grpc_catalog_read(&self->catalog, &self->arena);
    if (err < 0)
        edo_arena_deinit(&self->arena);
    else
        *out = &self->catalog;
    return err;
}

int edoi_grpc_shared_catalog_of(const edoi_grpc_catalog **out, edo_grpc_call *call) {
    edoi_grpc_shared_catalog *self = edo_grpc_arg(call);
    void *catalog;
    int err = edo_once_get_or_load(&self->read, &catalog, shared_catalog_read, call);
    if (err == 0) *out = catalog;
    return err;
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Takes "name" or "name." off the front of what is left of a full name. Returns false if that is
 * not there. */
static bool name_enters(edo_str *left, edo_str name) {
    if (name.len == 0 || left->len < name.len || memcmp(left->ptr, name.ptr, name.len) != 0)
        return false;
    if (left->len > name.len && left->ptr[name.len] != '.') return false;
    const size_t n = left->len == name.len ? name.len : name.len + 1;
    *left = (edo_str){ left->ptr + n, left->len - n };
    return true;
}

static bool name_is_enum(const google_protobuf_enum_descriptor_proto *all, size_t n, edo_str name) {
    for (size_t i = 0; i < n; i++) {
        if (edo_str_equal(all[i].name, name)) return true;
        for (size_t k = 0; k < all[i].value_n; k++) // which stand beside their enum
            if (edo_str_equal(all[i].value[k].name, name)) return true;
    }
    return false;
}

static bool name_is_field(const google_protobuf_field_descriptor_proto *all, size_t n,
                          edo_str name) {
    for (size_t i = 0; i < n; i++)
        if (edo_str_equal(all[i].name, name)) return true;
    return false;
}

static bool name_is_message(const google_protobuf_descriptor_proto *all, size_t n, edo_str name) {
    for (size_t i = 0; i < n; i++) {
        const google_protobuf_descriptor_proto *m = &all[i];
        edo_str inner = name;
        if (!name_enters(&inner, m->name)) continue;
        if (inner.len == 0 || name_is_field(m->field, m->field_n, inner) ||
            name_is_field(m->extension, m->extension_n, inner) ||
            name_is_enum(m->enum_type, m->enum_type_n, inner) ||
            name_is_message(m->nested_type, m->nested_type_n, inner))
            return true;
    }
    return false;
}

static bool name_is_service(const google_protobuf_file_descriptor_proto *f, edo_str name) {
    for (size_t i = 0; i < f->service_n; i++) {
        edo_str inner = name;
        if (!name_enters(&inner, f->service[i].name)) continue;
        if (inner.len == 0) return true;
        for (size_t k = 0; k < f->service[i].method_n; k++)
            if (edo_str_equal(f->service[i].method[k].name, inner)) return true;
    }
    return false;
}

bool edoi_grpc_file_says(const edoi_grpc_file *file, edo_str name) {
    const google_protobuf_file_descriptor_proto *f = &file->proto;
    if (f->package.len > 0 && !name_enters(&name, f->package)) return false;
    return name_is_service(f, name) || name_is_enum(f->enum_type, f->enum_type_n, name) ||
           name_is_field(f->extension, f->extension_n, name) ||
           name_is_message(f->message_type, f->message_type_n, name);
}

/* ---- Extensions ------------------------------------------------------------------------------ */

/* Is it the name, which begins with a dot in a descriptor? */
static bool name_is_of_type(edo_str type, edo_str name) {
    if (type.len > 0 && type.ptr[0] == '.') type = (edo_str){ type.ptr + 1, type.len - 1 };
    return edo_str_equal(type, name);
}

static int32_t extension_in(const google_protobuf_field_descriptor_proto *all, size_t n,
                            edo_str message, size_t *i) {
    for (size_t k = 0; k < n; k++) {
        if (!name_is_of_type(all[k].extendee, message)) continue;
        if (*i == 0) return all[k].number;
        (*i)--;
    }
    return 0;
}

static int32_t extension_in_messages(const google_protobuf_descriptor_proto *all, size_t n,
                                     edo_str message, size_t *i) {
    for (size_t k = 0; k < n; k++) {
        int32_t number = extension_in(all[k].extension, all[k].extension_n, message, i);
        if (number == 0)
            number = extension_in_messages(all[k].nested_type, all[k].nested_type_n, message, i);
        if (number != 0) return number;
    }
    return 0;
}

int32_t edoi_grpc_file_extension(const edoi_grpc_file *f, edo_str message, size_t i) {
    int32_t number = extension_in(f->proto.extension, f->proto.extension_n, message, &i);
    return number != 0
               ? number
               : extension_in_messages(f->proto.message_type, f->proto.message_type_n, message, &i);
}
