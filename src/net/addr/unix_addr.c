/* SPDX-License-Identifier: MIT */
/* net/addr/unix_addr.c: Unix addresses as text: a path, "@" and an abstract name, or nothing.
 *
 * In the kernel's form an abstract name begins with a NUL and may hold any byte, NULs included; a
 * path ends with a NUL, unless it fills the whole array (unix(7)). */
#include "net/addr/unix_addr.h"

#include "base/text/hex.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define HEAD       offsetof(struct sockaddr_un, sun_path)
#define PATH_BYTES sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* The byte at `*text`, which is moved behind it; -1 for a bad escape. */
static int next_byte(const char **text) {
    const char *at = *text;
    if (at[0] != '\\') {
        *text += 1;
        return (unsigned char)at[0];
    }
    if (at[1] == '\\') {
        *text += 2;
        return '\\';
    }
    if (at[1] != 'x') return -1;
    const int byte = edoi_hex_byte(at + 2);
    if (byte >= 0) *text += 4;
    return byte;
}

int edoi_unix_addr_parse(edo_addr *out, const char *text) {
    edo_addr addr = { .sock.un.sun_family = AF_UNIX };
    bool is_abstract = text[0] == '@';
    size_t n = is_abstract ? 1 : 0; // its first byte is the NUL that is there
    text += n;
    while (*text) {
        int byte = next_byte(&text);
        if (byte < 0 || n == PATH_BYTES || (byte == 0 && !is_abstract)) return -EINVAL;
        addr.sock.un.sun_path[n++] = (char)byte;
    }
    bool has_end = !is_abstract && n > 0 && n < PATH_BYTES;
    addr.bytes = (uint32_t)(HEAD + n + has_end);
    *out = addr;
    return 0;
}

typedef struct output {
    char *text;
    size_t bytes, n; /* n: of the whole text, also of what does not fit */
} output;

static void unix_addr_put(output *o, char c) {
    if (o->n + 1 < o->bytes) o->text[o->n] = c;
    o->n++;
}

static void put_byte(output *o, unsigned char byte, bool escape) {
    if (byte > ' ' && byte < 127 && byte != '\\' && !escape) {
        unix_addr_put(o, (char)byte);
        return;
    }
    unix_addr_put(o, '\\');
    if (byte == '\\') {
        unix_addr_put(o, '\\');
        return;
    }
    unix_addr_put(o, 'x');
    unix_addr_put(o, edoi_hex_of(byte >> 4));
    unix_addr_put(o, edoi_hex_of(byte & 15));
}

int edoi_unix_addr_print(const edo_addr *addr, char *text, size_t text_bytes) {
    const char *path = addr->sock.un.sun_path;
    size_t n = addr->bytes > HEAD ? addr->bytes - HEAD : 0;
    if (n > PATH_BYTES) return -EAFNOSUPPORT;
    output o = { .text = text, .bytes = text_bytes };
    for (const char *prefix = "unix:"; *prefix; prefix++) unix_addr_put(&o, *prefix);
    bool is_abstract = n > 0 && path[0] == '\0';
    if (is_abstract) {
        unix_addr_put(&o, '@');
    } else {
        n = strnlen(path, n);
    }
    for (size_t i = is_abstract; i < n; i++) {
        bool looks_abstract = i == 0 && path[0] == '@';
        put_byte(&o, (unsigned char)path[i], looks_abstract);
    }
    if (text_bytes > 0) text[o.n < text_bytes ? o.n : text_bytes - 1] = '\0';
    return o.n < text_bytes ? (int)o.n : -ENOSPC;
}
