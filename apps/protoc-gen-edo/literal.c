/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/literal.c: see literal.h. */
#include "literal.h"

void gen_put_literal(gen *g, edo_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\' || c == '?') // no trigraph
            gen_put(g, "\\%c", c);
        else if (c < ' ' || c >= 0x7f)
            gen_put(g, "\\%03o", c);
        else
            gen_put(g, "%c", c);
    }
}

/* One escape at `at`, behind its backslash; returns how long it is. protoc writes \n \r \t \" \' \\
 * and three octal digits. */
static size_t unescape_one(const char *at, size_t n, char *c) {
    if (n >= 3 && at[0] >= '0' && at[0] <= '3') {
        *c = (char)((at[0] - '0') * 64 + (at[1] - '0') * 8 + (at[2] - '0'));
        return 3;
    }
    *c = *at == 'n' ? '\n' : *at == 'r' ? '\r' : *at == 't' ? '\t' : *at;
    return 1;
}

edo_str gen_unescaped_base64(gen *g, edo_str text) {
    char *plain = (char *)gen_alloc(g, text.len + 1);
    size_t n = 0;
    edo_buf out = { 0 };
    if (!plain) return EDO_STR("");
    for (size_t i = 0; i < text.len;) {
        char c = text.ptr[i++];
        if (c == '\\' && i < text.len) i += unescape_one(text.ptr + i, text.len - i, &c);
        plain[n++] = c;
    }
    int err = edo_base64_encode((edo_str){ plain, n }, &out);
    if (err < 0) return gen_fails(g, err), EDO_STR("");
    const edo_str result = gen_text(g, "%.*s", (int)out.len, out.len > 0 ? out.ptr : "");
    edo_buf_deinit(&out);
    return result;
}
