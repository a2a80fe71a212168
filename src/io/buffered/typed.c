/* SPDX-License-Identifier: MIT */
/* io/buffered/typed.c: numbers in binary. A number travels as its bits in a uint64_t. */
#include <edo/typed_io.h>

#include <edo/error.h>

#include <string.h>

/* Looks at `n` bytes, which the caller takes; between the two nothing awaits: so a number is taken
 * whole or stays. */
static int buf_reader_look_at(edo_buf_reader *r, size_t n, const char **bytes) {
    int held = edo_fill(r, bytes, n);
    if (held < 0) return held;
    return (size_t)held < n ? -EDO_EEOF : 0;
}

static uint64_t get_bits(const char *bytes, size_t n, bool high_first) {
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits = bits << 8 | (unsigned char)bytes[high_first ? i : n - 1 - i];
    return bits;
}

static int buf_reader_read_bits(edo_buf_reader *r, size_t n, bool high_first, uint64_t *bits) {
    const char *bytes;
    int err = buf_reader_look_at(r, n, &bytes);
    if (err < 0) return err;
    *bits = get_bits(bytes, n, high_first);
    edo_consume(r, n);
    return 0;
}

static void put_bits(char *bytes, size_t n, bool high_first, uint64_t bits) {
    for (size_t i = 0; i < n; i++, bits >>= 8) bytes[high_first ? n - 1 - i : i] = (char)bits;
}

static int write_bits(edo_buf_writer *w, size_t n, bool high_first, uint64_t bits) {
    char bytes[sizeof bits];
    put_bits(bytes, n, high_first, bits);
    return edo_put(w, bytes, n);
}

/* `bits` is the unsigned type of the width of `type`. */
#define NUMBER(name, type, uint, high_first)                                                       \
    int edo_read_##name(edo_buf_reader *self, type *value) {                                       \
        uint64_t wide = 0;                                                                         \
        int err = buf_reader_read_bits(self, sizeof *value, high_first, &wide);                    \
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

/* ---- 128 bits -------------------------------------------------------------------------------- */

#ifdef __SIZEOF_INT128__

/* `*high` and `*low` are the halves of a number of 16 bytes. */
static int read_halves(edo_buf_reader *r, bool high_first, uint64_t *high, uint64_t *low) {
    const char *bytes;
    int err = buf_reader_look_at(r, 16, &bytes);
    if (err < 0) return err;
    *high = get_bits(high_first ? bytes : bytes + 8, 8, high_first);
    *low = get_bits(high_first ? bytes + 8 : bytes, 8, high_first);
    edo_consume(r, 16);
    return 0;
}

static int write_halves(edo_buf_writer *w, bool high_first, uint64_t high, uint64_t low) {
    char bytes[16];
    uint64_t first = high_first ? high : low, second = high_first ? low : high;
    put_bits(bytes, 8, high_first, first);
    put_bits(bytes + 8, 8, high_first, second);
    return edo_put(w, bytes, sizeof bytes);
}

#    define WIDE(name, type, high_first)                                                           \
        int edo_read_##name(edo_buf_reader *self, type *value) {                                   \
            uint64_t high, low;                                                                    \
            int err = read_halves(self, high_first, &high, &low);                                  \
            if (err == 0) *value = (type)((edo_u128)high << 64 | low);                             \
            return err;                                                                            \
        }                                                                                          \
        int edo_write_##name(edo_buf_writer *self, type value) {                                   \
            return write_halves(self, high_first, (uint64_t)((edo_u128)value >> 64),               \
                                (uint64_t)value);                                                  \
        }

WIDE(u128be, edo_u128, true)
WIDE(i128be, edo_i128, true)
WIDE(u128le, edo_u128, false)
WIDE(i128le, edo_i128, false)

#endif
