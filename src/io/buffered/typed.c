/* SPDX-License-Identifier: MIT */
/* io/buffered/typed.c: numbers in binary. */
#include <edo/typed_io.h>

#include <edo/binary.h>
#include <edo/error.h>

#include <string.h>

/* Looks at `n` bytes, which the caller takes; between the two nothing awaits: so a number is taken
 * whole or stays. */
static int buf_reader_look_at(edo_buf_reader *r, size_t n, const char **bytes) {
    int held = edo_fill(r, bytes, n);
    if (held < 0) return held;
    return (size_t)held < n ? -EDO_EEOF : 0;
}

static uint8_t byte_load(const void *bytes) {
    return *(const uint8_t *)bytes;
}

static void byte_store(void *bytes, uint8_t number) {
    *(uint8_t *)bytes = number;
}

/* `uint` is the unsigned type of the width of `type`, `load` and `store` are those of its bytes. */
#define NUMBER(name, type, uint, load, store)                                                      \
    int edo_read_##name(edo_buf_reader *self, type *value) {                                       \
        const char *bytes;                                                                         \
        int err = buf_reader_look_at(self, sizeof *value, &bytes);                                 \
        if (err < 0) return err;                                                                   \
        uint bits = load(bytes);                                                                   \
        memcpy(value, &bits, sizeof bits);                                                         \
        edo_consume(self, sizeof *value);                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    int edo_write_##name(edo_buf_writer *self, type value) {                                       \
        char bytes[sizeof value];                                                                  \
        uint bits;                                                                                 \
        memcpy(&bits, &value, sizeof bits);                                                        \
        store(bytes, bits);                                                                        \
        return edo_put(self, bytes, sizeof bytes);                                                 \
    }

NUMBER(u8, uint8_t, uint8_t, byte_load, byte_store)
NUMBER(i8, int8_t, uint8_t, byte_load, byte_store)
NUMBER(u16be, uint16_t, uint16_t, edo_load_u16be, edo_store_u16be)
NUMBER(i16be, int16_t, uint16_t, edo_load_u16be, edo_store_u16be)
NUMBER(u32be, uint32_t, uint32_t, edo_load_u32be, edo_store_u32be)
NUMBER(i32be, int32_t, uint32_t, edo_load_u32be, edo_store_u32be)
NUMBER(u64be, uint64_t, uint64_t, edo_load_u64be, edo_store_u64be)
NUMBER(i64be, int64_t, uint64_t, edo_load_u64be, edo_store_u64be)
NUMBER(f32be, float, uint32_t, edo_load_u32be, edo_store_u32be)
NUMBER(f64be, double, uint64_t, edo_load_u64be, edo_store_u64be)
NUMBER(u16le, uint16_t, uint16_t, edo_load_u16le, edo_store_u16le)
NUMBER(i16le, int16_t, uint16_t, edo_load_u16le, edo_store_u16le)
NUMBER(u32le, uint32_t, uint32_t, edo_load_u32le, edo_store_u32le)
NUMBER(i32le, int32_t, uint32_t, edo_load_u32le, edo_store_u32le)
NUMBER(u64le, uint64_t, uint64_t, edo_load_u64le, edo_store_u64le)
NUMBER(i64le, int64_t, uint64_t, edo_load_u64le, edo_store_u64le)
NUMBER(f32le, float, uint32_t, edo_load_u32le, edo_store_u32le)
NUMBER(f64le, double, uint64_t, edo_load_u64le, edo_store_u64le)

/* ---- 128 bits -------------------------------------------------------------------------------- */

#ifdef __SIZEOF_INT128__

/* Numbers of 16 bytes. */
static edo_u128 load_u128be(const char *bytes) {
    return (edo_u128)edo_load_u64be(bytes) << 64 | edo_load_u64be(bytes + 8);
}

static edo_u128 load_u128le(const char *bytes) {
    return (edo_u128)edo_load_u64le(bytes + 8) << 64 | edo_load_u64le(bytes);
}

static void store_u128be(char *bytes, edo_u128 number) {
    edo_store_u64be(bytes, (uint64_t)(number >> 64));
    edo_store_u64be(bytes + 8, (uint64_t)number);
}

static void store_u128le(char *bytes, edo_u128 number) {
    edo_store_u64le(bytes, (uint64_t)number);
    edo_store_u64le(bytes + 8, (uint64_t)(number >> 64));
}

NUMBER(u128be, edo_u128, edo_u128, load_u128be, store_u128be)
NUMBER(i128be, edo_i128, edo_u128, load_u128be, store_u128be)
NUMBER(u128le, edo_u128, edo_u128, load_u128le, store_u128le)
NUMBER(i128le, edo_i128, edo_u128, load_u128le, store_u128le)

#endif
