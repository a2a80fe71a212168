/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/proto.c: see proto.h. */
#include "proto.h"

#include "header.h"
#include "names.h"

#include <string.h>

#define NUMBERS_LINE 20u

/* ---- What is included ------------------------------------------------------------------------ */

static bool file_is_installed(edo_str name) {
    static const char *const all[] = {
        "google/api/annotations.proto",     "google/api/http.proto",
        "google/protobuf/any.proto",        "google/protobuf/api.proto",
        "google/protobuf/descriptor.proto", "google/protobuf/duration.proto",
        "google/protobuf/empty.proto",      "google/protobuf/field_mask.proto",
        "google/protobuf/struct.proto",     "google/protobuf/source_context.proto",
        "google/protobuf/type.proto",       "google/protobuf/timestamp.proto",
        "google/protobuf/wrappers.proto",
    };
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        if (edo_str_equal(name, edo_str_of(all[i]))) return true;
    return false;
}

static void file_include(gen *g, uint32_t file) {
    const size_t words = gen_words(g);
    gen_add(g->used, file);
    for (size_t k = 0; k < words; k++) g->had[k] |= g->sees[file * words + k];
}

void gen_use_installed(gen *g, uint32_t file) {
    const size_t words = gen_words(g);
    g->used[file / 64] &= ~(UINT64_C(1) << (file % 64));
    memset(g->had, 0, words * sizeof *g->had);
    for (uint32_t i = 0; i < file; i++)
        if (gen_has(g->used, i)) file_include(g, i);
    for (uint32_t i = file; i-- > 0;) { // importers come first
        const bool is_new = gen_sees(g, file, i) && !gen_has(g->had, i);
        if (is_new && file_is_installed(g->request->proto_file[i].name)) file_include(g, i);
    }
}

/* ---- The description ------------------------------------------------------------------------- */

typedef struct file_set {
    file_proto *file;
    size_t file_n;
} file_set;
EDO_DESCRIBE(file_set,
             EDO_FIELD_LIST_OF(file_set, file, file_n, google_protobuf_file_descriptor_proto_desc,
                               .number = 1, .optional = true))

static void put_file_bytes(gen *g, const edo_buf *bytes) {
    for (size_t i = 0; i < bytes->len; i++)
        gen_put(g, "%s%u,", i % NUMBERS_LINE == 0 ? "\n    " : " ", (unsigned char)bytes->ptr[i]);
}

/* Without comments, whether the parser has read them or not. */
static void put_file_set(gen *g, uint32_t file) {
    const edo_protobuf_opts opts = { .borrows = true };
    edo_buf bytes = { 0 };
    for (uint32_t i = 0; i <= file && g->err == 0; i++) {
        if (!gen_sees(g, file, i) || gen_has(g->had, i)) continue;
        file_proto one = g->request->proto_file[i];
        gen_unread rest = { .unknown = { 0 } };
        int err = edo_protobuf_decode_with(&rest, &gen_unread_desc, one.unknown, g->arena, &opts);
        one.unknown = rest.unknown;
        one.source_code_info = NULL;
        const file_set set = { &one, 1 };
        if (err == 0) err = edo_protobuf_encode(&bytes, &set, &file_set_desc);
        if (err < 0) (void)gen_fails(g, err);
    }
    put_file_bytes(g, &bytes);
    edo_buf_deinit(&bytes);
}

/* edo_FILE_hello_world of hello/world.proto. No .proto makes such a name, as those are of small
 * letters or of capitals alone: so what users' types are called does not depend on it. */
static edo_str file_description_name(gen *g, uint32_t file, edo_str mark) {
    const edo_str proto = g->request->proto_file[file].name;
    const size_t n = gen_header_name(g, proto).len - (sizeof ".edo.h" - 1);
    char *path = (char *)gen_alloc(g, n + 1);
    if (!path) return EDO_STR("");
    for (size_t i = 0; i < n; i++) {
        const char c = gen_lower(proto.ptr[i]);
        path[i] = gen_is_lower(c) || gen_is_digit(c) ? c : '_';
    }
    return gen_text(g, "edo_FILE_%.*s%.*s", (int)n, path, GEN_STR(mark));
}

void gen_put_file(gen *g, uint32_t file, edo_str mark) {
    const edo_str name = g->file_names[file] = file_description_name(g, file, mark);
    if (!g->is_asked_for) return;
    gen_put(g,
            "\n/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */\n"
            "static EDO_PROTOBUF_FILE_SET(%.*s) = {",
            GEN_STR(name));
    put_file_set(g, file);
    gen_put(g, "\n};\nEDO_PROTOBUF_FILE(%.*s, ", GEN_STR(name));
    for (uint32_t i = 0; i < file; i++)
        if (gen_has(g->used, i)) gen_put(g, "&%.*s, ", GEN_STR(g->file_names[i]));
    gen_put(g, "NULL)\n");
}
