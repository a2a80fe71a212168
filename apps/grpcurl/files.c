/* SPDX-License-Identifier: MIT */
/* files.c: see files.h. */
#include "files.h"

#include <edo/error.h>
#include <edo/fs.h>
#include <edo/process.h>

#include <errno.h>
#include <stdio.h>

/* A FileDescriptorSet, whose files stay as they are. */
typedef struct raw_set {
    edo_bytes *file;
    size_t file_n;
} raw_set;
EDO_DESCRIBE(raw_set, EDO_FIELD_LIST(raw_set, file, file_n, .number = 1, .optional = true))

/* Of a FileDescriptorProto what says what else is needed. */
typedef struct file_head {
    edo_str name, *dependency;
    size_t dependency_n;
} file_head;
EDO_DESCRIBE(file_head, EDO_FIELD(file_head, name, .number = 1, .optional = true),
             EDO_FIELD_LIST(file_head, dependency, dependency_n, .number = 3, .optional = true))

static const proto_file *files_named(const files *self, edo_str name) {
    for (size_t i = 0; i < self->n; i++)
        if (edo_str_equal(self->all[i].name, name)) return &self->all[i];
    return NULL;
}

static int files_make_room(files *self) {
    if (self->n < self->room) return 0;
    const size_t room = self->room ? 2 * self->room : 16;
    proto_file *all = edo_arena_alloc(self->arena, room * sizeof *all);
    if (!all) return -ENOMEM;
    if (self->n > 0) memcpy(all, self->all, self->n * sizeof *all);
    self->all = all;
    self->room = room;
    return 0;
}

int files_add(files *self, edo_str bytes) {
    file_head head;
    int err = edo_protobuf_decode(&head, &file_head_desc, bytes, self->arena);
    if (err < 0) return edo_fail(err, "the descriptor of a file");
    if (files_named(self, head.name)) return 0;
    err = files_make_room(self);
    char *copy = edo_arena_copy(self->arena, bytes.ptr, bytes.len);
    if (err < 0 || !copy) return -ENOMEM;
    self->all[self->n++] = (proto_file){ .name = head.name,
                                         .bytes = { copy, bytes.len },
                                         .imports = head.dependency,
                                         .imports_n = head.dependency_n };
    return 0;
}

static int files_add_all(files *self, edo_str text, const char *name) {
    raw_set set;
    int err = edo_protobuf_decode(&set, &raw_set_desc, text, self->arena);
    for (size_t i = 0; err == 0 && i < set.file_n; i++) err = files_add(self, set.file[i].str);
    return edo_fail(err, "%s: no set of descriptors", name);
}

int files_add_set(files *self, const char *path) {
    edo_bytes text;
    int err = edo_fs_read_all(&text, path);
    if (err < 0) return edo_fail(err, "reading %s", path);
    err = files_add_all(self, text.str, path);
    edo_bytes_unref(&text);
    return err;
}

/* ---- By protoc ------------------------------------------------------------------------------- */

#define SETS_MAX ((size_t)256 << 20) /* bytes of descriptors */

/* Its set of descriptors goes to its standard output. What it has started, if it is a script, ends
 * with it. */
static int files_run_protoc(edo_process_result *result, const options *o, edo_arena *arena) {
    const edo_process_opts opts = { .group = true };
    const char *argv[2 * LIST_MAX + 4] = { "protoc", "--include_imports",
                                           "--descriptor_set_out=/dev/stdout" };
    size_t n = 3;
    for (size_t i = 0; i < o->import_paths.n; i++) {
        argv[n] = edo_arena_print(arena, "--proto_path=%s", o->import_paths.items[i]).ptr;
        if (!argv[n++]) return -ENOMEM;
    }
    for (size_t i = 0; i < o->protos.n; i++) argv[n++] = o->protos.items[i];
    return edo_process_output(result, argv, &opts, EDO_STR(""), SETS_MAX);
}

int files_add_protos(files *self, const options *o) {
    edo_process_result result = { .out = { .owner = NULL } };
    int status = files_run_protoc(&result, o, self->arena), err = status;
    if (status == -ENOENT) err = edo_fail(err, "-proto needs protoc");
    if (result.err.str.len > 0)
        (void)fwrite(result.err.str.ptr, 1, result.err.str.len, stderr); // warnings, too
    if (status > 0) err = edo_fail(-EINVAL, "protoc has failed");
    if (status == 0 && result.out.str.len == 0) err = edo_fail(-EINVAL, "protoc wrote nothing");
    if (err == 0) err = files_add_all(self, result.out.str, "protoc");
    edo_bytes_unref(&result.out);
    edo_bytes_unref(&result.err);
    return err;
}

const edo_str *files_missing(files *self) {
    for (; self->at < self->n; self->at++, self->import_at = 0) {
        const proto_file *f = &self->all[self->at];
        while (self->import_at < f->imports_n) {
            const edo_str *name = &f->imports[self->import_at++];
            if (!files_named(self, *name)) return name;
        }
    }
    return NULL;
}

int files_schema(const files *self, const edo_protobuf_schema **out) {
    edo_buf bytes = { 0 };
    edo_bytes *all = edo_arena_alloc(self->arena, self->n * sizeof *all);
    if (!all) return -ENOMEM;
    for (size_t i = 0; i < self->n; i++) all[i] = (edo_bytes){ self->all[i].bytes, NULL };
    const raw_set set = { .file = all, .file_n = self->n };
    int err = edo_protobuf_encode(&bytes, &set, &raw_set_desc);
    if (err == 0)
        err = edo_protobuf_schema_decode(
            out, (edo_str){ bytes.len > 0 ? bytes.ptr : "", bytes.len }, self->arena);
    edo_buf_deinit(&bytes);
    return err;
}
