/* SPDX-License-Identifier: MIT */
/* client/fetch/multipart.c: prints the fields of forms. */
#include <edo/headers.h>
#include <edo/multipart_print.h>
#include <edo/random.h>

#include <errno.h>
#include <string.h>

int edo_multipart_make_boundary(char out[EDO_MULTIPART_BOUNDARY_BYTES]) {
    unsigned char random[(EDO_MULTIPART_BOUNDARY_BYTES - 1) / 2];
    int err = edo_random(random, sizeof random);
    if (err < 0) return err;
    (void)edo_hex_encode(out, (edo_str){ (const char *)random, sizeof random });
    return 0;
}

static int multipart_put(edo_buf *out, const char *text) {
    return edo_buf_append(out, text, strlen(text));
}

static int multipart_put_name(edo_buf *out, edo_str name) {
    int err = 0;
    for (size_t i = 0; i < name.len && err == 0; i++) {
        char c = name.ptr[i];
        err = c == '"'    ? multipart_put(out, "%22")
              : c == '\r' ? multipart_put(out, "%0D")
              : c == '\n' ? multipart_put(out, "%0A")
                          : edo_buf_append(out, &c, 1);
    }
    return err;
}

static bool multipart_is_name(edo_str s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\r' && c != '\n') || c == 0x7f) return false;
    }
    return edo_str_is_utf8(s);
}

static int multipart_print(edo_buf *out, const char *boundary, edo_str name, edo_str filename,
                           edo_str type) {
    int err = multipart_put(out, out->len > 0 ? "\r\n--" : "--");
    if (err == 0) err = multipart_put(out, boundary);
    if (err == 0) err = multipart_put(out, "\r\ncontent-disposition: form-data; name=\"");
    if (err == 0) err = multipart_put_name(out, name);
    if (err == 0 && filename.ptr) err = multipart_put(out, "\"; filename=\"");
    if (err == 0 && filename.ptr) err = multipart_put_name(out, filename);
    if (err == 0) err = multipart_put(out, "\"\r\n");
    if (err == 0 && type.ptr) err = multipart_put(out, "content-type: ");
    if (err == 0 && type.ptr) err = edo_buf_append(out, type.ptr, type.len);
    if (err == 0 && type.ptr) err = multipart_put(out, "\r\n");
    return err < 0 ? err : multipart_put(out, "\r\n");
}

int edo_multipart_print_head(edo_buf *out, const char *boundary, edo_str name, edo_str filename,
                             edo_str type) {
    size_t before = out->len;
    if (!multipart_is_name(name) || (filename.ptr && !multipart_is_name(filename))) return -EINVAL;
    if (type.ptr && !edo_header_value_is_valid(type)) return -EINVAL;
    int err = multipart_print(out, boundary, name, filename, type);
    if (err < 0) out->len = before;
    return err;
}

int edo_multipart_print_end(edo_buf *out, const char *boundary) {
    size_t before = out->len;
    int err = multipart_put(out, before > 0 ? "\r\n--" : "--");
    if (err == 0) err = multipart_put(out, boundary);
    if (err == 0) err = multipart_put(out, "--\r\n");
    if (err < 0) out->len = before;
    return err;
}
