/* SPDX-License-Identifier: MIT */
/* io/buffered/typed.c: numbers in binary. A number travels as its bits in a uint64_t. */
#include <edo/typed_io.h>

#include <edo/error.h>

#include <string.h>

static int read_bits(edo_buf_reader *r, size_t n, bool high_first, uint64_t *bits) {
    const char *bytes;
    int held = edo_fill(r, &bytes, n);
    if (held < 0) return held;
    if ((size_t)held < n) return -EDO_EEOF;
    *bits = 0;
    for (size_t i = 0; i < n; i++)
        *bits = *bits << 8 | (unsigned char)bytes[high_first ? i : n - 1 - i];
    edo_consume(r, n);
    return 0;
}

static int write_bits(edo_buf_writer *w, size_t n, bool high_first, uint64_t bits) {
    char bytes[sizeof bits];
    for (size_t i = 0; i < n; i++, bits >>= 8) bytes[high_first ? n - 1 - i : i] = (char)bits;
    return edo_put(w, bytes, n);
}

/* `bits` is the unsigned type of the width of `type`. */
#define NUMBER(name, type, uint, high_first)                                                       \
    int edo_read_##name(edo_buf_reader *self, type *value) {                                       \
        uint64_t wide = 0;                                                                         \
        int err = read_bits(self, sizeof *value, high_first, &wide);                               \
        uint bits = (uint)wide;                                                                    \
        if (err == 0) memcpy(value, &bits, sizeof bits);                                           \
        return err;                                                                                \
    }                                                                                              \
    int edo_write_##name(edo_buf_writer *self, type value) {                                       \
        uint bits;                                                                                 \
        memcpy(&bits, &value, sizeof bits);                                                        \
        return write_bits(self, sizeof value, high_first, bits);                                   \
    }

NUMBER(u8, uint8_t, uint8_t, true)
NUMBER(i8, int8_t, uint8_t, true)
NUMBER(u16be, uint16_t, uint16_t, true)
NUMBER(i16be, int16_t, uint16_t, true)
NUMBER(u32be, uint32_t, uint32_t, true)
NUMBER(i32be, int32_t, uint32_t, true)
NUMBER(u64be, uint64_t, uint64_t, true)
NUMBER(i64be, int64_t, uint64_t, true)
NUMBER(f32be, float, uint32_t, true)
NUMBER(f64be, double, uint64_t, true)
NUMBER(u16le, uint16_t, uint16_t, false)
NUMBER(i16le, int16_t, uint16_t, false)
NUMBER(u32le, uint32_t, uint32_t, false)
NUMBER(i32le, int32_t, uint32_t, false)
NUMBER(u64le, uint64_t, uint64_t, false)
NUMBER(i64le, int64_t, uint64_t, false)
NUMBER(f32le, float, uint32_t, false)
NUMBER(f64le, double, uint64_t, false)
