/* SPDX-License-Identifier: MIT */
/* net/tls_name.c: the server's name of a hello of TLS (RFC 8446 sections 4.1.2 and 5.1, RFC 6066
 * section 3). A hello lies in one record or several: first their heads are looked at, until all of
 * it is there, then it is read as if there were none. */
#include "net/tls_name.h"

#include <edo/binary.h>
#include <edo/error.h>

#include <errno.h>
#include <string.h>

#define RECORD_HEAD     5u /* type, version of two bytes, length of two */
#define RECORD_MAX      (1u << 14)
#define RECORDS_MAX     64 /* of a hello: each look at a beginning goes through them */
#define TYPE_HANDSHAKE  22
#define VERSION_MAJOR   3  /* of all versions from SSL 3 to TLS 1.3 */
#define HELLO_HEAD      4u /* type, length of three bytes */
#define TYPE_HELLO      1
#define EXT_SERVER_NAME 0
#define NAME_IS_HOST    0

/* ---- Bytes of a hello that lies in records --------------------------------------------------- */

/* The `left` bytes of the hello, and the heads of records between them, are at `at`, as
 * hello_measure() has found out. */
typedef struct hello {
    const unsigned char *at;
    size_t in_record; /* bytes left of the record */
    size_t left;      /* bytes left of the hello */
    bool is_bad;      /* more was read than it has; all numbers are 0 from then on */
} hello;

static unsigned hello_u8(hello *h) {
    if (h->left == 0) h->is_bad = true;
    if (h->is_bad) return 0;
    if (h->in_record == 0) { // no record is empty: hello_measure()
        h->in_record = edo_load_u16be(h->at + 3);
        h->at += RECORD_HEAD;
    }
    h->in_record--;
    h->left--;
    return *h->at++;
}

static unsigned hello_u16(hello *h) {
    unsigned high = hello_u8(h);
    return high << 8 | hello_u8(h);
}

static void hello_skip(hello *h, size_t n) {
    if (n > h->left) h->is_bad = true;
    for (; n > 0 && !h->is_bad; n--) (void)hello_u8(h);
}

/* ---- The name -------------------------------------------------------------------------------- */

/* One of the bytes that names of hosts have, in lower case; 0: none of them. */
static char name_byte(unsigned byte) {
    if (byte >= 'A' && byte <= 'Z') return (char)(byte - 'A' + 'a');
    return byte > ' ' && byte < 0x7f ? (char)byte : '\0';
}

/* Reads an extension of `n` bytes: a list of one name. */
static void read_server_name(hello *h, size_t n, char *name) {
    size_t list_n = hello_u16(h);
    unsigned type = hello_u8(h);
    size_t name_n = hello_u16(h);
    if (n < 6 || list_n != n - 2 || name_n != n - 5 || type != NAME_IS_HOST ||
        name_n > EDO_TLS_NAME_MAX) {
        h->is_bad = true;
        return;
    }
    for (size_t i = 0; i < name_n; i++) {
        name[i] = name_byte(hello_u8(h));
        if (name[i] == '\0') h->is_bad = true;
    }
    if (name_n > 1 && name[name_n - 1] == '.') name_n--; // some clients leave it there
    name[name_n] = '\0';
}

static void read_extensions(hello *h, char *name) {
    bool has_name = false;
    if (hello_u16(h) != h->left) h->is_bad = true;
    while (h->left > 0 && !h->is_bad) {
        unsigned type = hello_u16(h);
        size_t n = hello_u16(h);
        if (n > h->left || (type == EXT_SERVER_NAME && has_name)) h->is_bad = true;
        if (type != EXT_SERVER_NAME) {
            hello_skip(h, n);
            continue;
        }
        has_name = true;
        read_server_name(h, n, name);
    }
}

/* Reads what is behind the hello's head. */
static void read_hello(hello *h, char *name) {
    name[0] = '\0';
    hello_skip(h, 2 + 32);                     // version, random
    hello_skip(h, hello_u8(h));                // session
    hello_skip(h, hello_u16(h));               // suites
    hello_skip(h, hello_u8(h));                // compressions
    if (h->left > 0) read_extensions(h, name); // TLS 1.2 may have none
}

/* ---- Records --------------------------------------------------------------------------------- */

/* Looks at as much of a record's head as is there. Returns the bytes of the record, 0 if its length
 * is not there yet, or -EPROTO. */
static int record_bytes(const unsigned char *at, size_t n) {
    if (n > 0 && at[0] != TYPE_HANDSHAKE) return -EPROTO;
    if (n > 1 && at[1] != VERSION_MAJOR) return -EPROTO;
    if (n < RECORD_HEAD) return 0;
    unsigned bytes = edo_load_u16be(at + 3);
    return bytes > 0 && bytes <= RECORD_MAX ? (int)bytes : -EPROTO;
}

/* Reads the hello's head: writes the bytes behind it to `h->left`. */
static int read_head(hello *h, size_t gathered) {
    h->left = gathered;
    if (hello_u8(h) != TYPE_HELLO) return -EPROTO;
    size_t high = hello_u8(h);
    size_t n = high << 16 | hello_u16(h);
    if (n > EDO_TLS_NAME_HELLO_MAX) return -EDO_ETOOLONG;
    h->left = n;
    return 0;
}

/* Finds where the hello's records end. Returns that, and `*out` behind the hello's head; or more
 * than `n`, if it is not there, or a negative code. */
static int hello_measure(hello *out, const unsigned char *bytes, size_t n) {
    size_t end = 0, gathered = 0;
    bool has_head = false;
    for (int i = 0; i < RECORDS_MAX; i++) {
        int in_record = record_bytes(bytes + end, n - end);
        if (in_record < 0) return in_record;
        if (in_record == 0) return (int)(end + RECORD_HEAD);
        end += RECORD_HEAD + (size_t)in_record;
        if (end > n) return (int)end;
        gathered += (size_t)in_record;
        if (gathered < HELLO_HEAD) continue;
        if (!has_head) *out = (hello){ .at = bytes };
        int err = has_head ? 0 : read_head(out, gathered);
        if (err < 0) return err;
        has_head = true;
        if (out->left <= gathered - HELLO_HEAD) return (int)end;
    }
    return -EPROTO;
}

/* ---- Parsing and peeking --------------------------------------------------------------------- */

int edoi_tls_name_parse(char name[EDO_TLS_NAME_MAX + 1], const void *bytes, size_t n) {
    char found[EDO_TLS_NAME_MAX + 1];
    hello h = { 0 };
    if (n == 0) return (int)RECORD_HEAD; // and `bytes` may be NULL
    int end = hello_measure(&h, bytes, n);
    if (end < 0 || (size_t)end > n) return end;
    read_hello(&h, found);
    if (h.is_bad || h.left > 0) return -EBADMSG;
    memcpy(name, found, strlen(found) + 1);
    return end;
}

int edo_peek_tls_name(edo_buf_reader *self, char name[EDO_TLS_NAME_MAX + 1]) {
    for (size_t wanted = 1;;) {
        const char *bytes;
        if (wanted > (size_t)self->line_max + 2) return -EDO_ETOOLONG;
        int held = edo_fill(self, &bytes, wanted);
        if (held < 0) return held;
        int n = edoi_tls_name_parse(name, bytes, (size_t)held);
        if (n < 0) return n;
        if (n <= held) return 0;
        if ((size_t)held < wanted) return -EDO_EEOF;
        wanted = (size_t)n;
    }
}
