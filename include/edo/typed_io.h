/* SPDX-License-Identifier: MIT */
/* edo/typed_io.h: numbers in binary, read from an edo_buf_reader and written to an edo_buf_writer.
 *
 *     uint32_t length;
 *     int err = edo_read_u32be(&in, &length);         // the network's order: the high byte first
 *     if (err == 0) err = edo_write_u16le(&out, 7);   // goes out with edo_flush()
 *
 * Each number is read or written as a whole or not at all: so a cancelled call loses nothing.
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Since: 0.1 */
#ifndef EDO_TYPED_IO_H
#define EDO_TYPED_IO_H

#include <edo/buf_io.h>

EDO_BEGIN_DECLS

#ifdef __SIZEOF_INT128__ /* where the compiler has them: on machines of 64 bits */
__extension__ typedef unsigned __int128 edo_u128;
__extension__ typedef __int128 edo_i128;
#endif

/** Read a number of 8 to 64 bits: unsigned (u), with a sign (i) or floating-point (f); the high
 * byte first (be) or the low byte first (le). Return 0.
 * Owns:    writes `*value` only on success.
 * Errors:  -EDO_EEOF  the input ends before or inside the number; its bytes stay in the reader
 *          else as edo_fill()
 * Cancel: safe: bytes that were read stay in the reader.   Waits: for input. */
EDO_MUST_USE EDO_API int edo_read_u8(edo_buf_reader *self, uint8_t *value);
EDO_MUST_USE EDO_API int edo_read_i8(edo_buf_reader *self, int8_t *value);
EDO_MUST_USE EDO_API int edo_read_u16be(edo_buf_reader *self, uint16_t *value);
EDO_MUST_USE EDO_API int edo_read_i16be(edo_buf_reader *self, int16_t *value);
EDO_MUST_USE EDO_API int edo_read_u32be(edo_buf_reader *self, uint32_t *value);
EDO_MUST_USE EDO_API int edo_read_i32be(edo_buf_reader *self, int32_t *value);
EDO_MUST_USE EDO_API int edo_read_u64be(edo_buf_reader *self, uint64_t *value);
EDO_MUST_USE EDO_API int edo_read_i64be(edo_buf_reader *self, int64_t *value);
EDO_MUST_USE EDO_API int edo_read_f32be(edo_buf_reader *self, float *value);
EDO_MUST_USE EDO_API int edo_read_f64be(edo_buf_reader *self, double *value);
EDO_MUST_USE EDO_API int edo_read_u16le(edo_buf_reader *self, uint16_t *value);
EDO_MUST_USE EDO_API int edo_read_i16le(edo_buf_reader *self, int16_t *value);
EDO_MUST_USE EDO_API int edo_read_u32le(edo_buf_reader *self, uint32_t *value);
EDO_MUST_USE EDO_API int edo_read_i32le(edo_buf_reader *self, int32_t *value);
EDO_MUST_USE EDO_API int edo_read_u64le(edo_buf_reader *self, uint64_t *value);
EDO_MUST_USE EDO_API int edo_read_i64le(edo_buf_reader *self, int64_t *value);
EDO_MUST_USE EDO_API int edo_read_f32le(edo_buf_reader *self, float *value);
EDO_MUST_USE EDO_API int edo_read_f64le(edo_buf_reader *self, double *value);
#ifdef __SIZEOF_INT128__
/** As edo_read_u64be() and its kin, with 128 bits.
 * Owns: writes `*value` only on success.   Errors: as edo_read_u8()   Cancel: safe.
 * Waits:   for input. */
EDO_MUST_USE EDO_API int edo_read_u128be(edo_buf_reader *self, edo_u128 *value);
EDO_MUST_USE EDO_API int edo_read_i128be(edo_buf_reader *self, edo_i128 *value);
EDO_MUST_USE EDO_API int edo_read_u128le(edo_buf_reader *self, edo_u128 *value);
EDO_MUST_USE EDO_API int edo_read_i128le(edo_buf_reader *self, edo_i128 *value);
#endif

/** Write a number, as edo_read_u8() and the others read it, to the buffer of the writer. Return 0.
 * Errors: as edo_put()   Cancel: safe: nothing of the number was written.
 * Waits:   for room in the buffer. */
EDO_MUST_USE EDO_API int edo_write_u8(edo_buf_writer *self, uint8_t value);
EDO_MUST_USE EDO_API int edo_write_i8(edo_buf_writer *self, int8_t value);
EDO_MUST_USE EDO_API int edo_write_u16be(edo_buf_writer *self, uint16_t value);
EDO_MUST_USE EDO_API int edo_write_i16be(edo_buf_writer *self, int16_t value);
EDO_MUST_USE EDO_API int edo_write_u32be(edo_buf_writer *self, uint32_t value);
EDO_MUST_USE EDO_API int edo_write_i32be(edo_buf_writer *self, int32_t value);
EDO_MUST_USE EDO_API int edo_write_u64be(edo_buf_writer *self, uint64_t value);
EDO_MUST_USE EDO_API int edo_write_i64be(edo_buf_writer *self, int64_t value);
EDO_MUST_USE EDO_API int edo_write_f32be(edo_buf_writer *self, float value);
EDO_MUST_USE EDO_API int edo_write_f64be(edo_buf_writer *self, double value);
EDO_MUST_USE EDO_API int edo_write_u16le(edo_buf_writer *self, uint16_t value);
EDO_MUST_USE EDO_API int edo_write_i16le(edo_buf_writer *self, int16_t value);
EDO_MUST_USE EDO_API int edo_write_u32le(edo_buf_writer *self, uint32_t value);
EDO_MUST_USE EDO_API int edo_write_i32le(edo_buf_writer *self, int32_t value);
EDO_MUST_USE EDO_API int edo_write_u64le(edo_buf_writer *self, uint64_t value);
EDO_MUST_USE EDO_API int edo_write_i64le(edo_buf_writer *self, int64_t value);
EDO_MUST_USE EDO_API int edo_write_f32le(edo_buf_writer *self, float value);
EDO_MUST_USE EDO_API int edo_write_f64le(edo_buf_writer *self, double value);
#ifdef __SIZEOF_INT128__
/** As edo_write_u64be() and its kin, with 128 bits.
 * Errors: as edo_write_u8(); -EINVAL  the writer's buffer has less than 16 bytes   Cancel: safe.
 * Waits:   for room. */
EDO_MUST_USE EDO_API int edo_write_u128be(edo_buf_writer *self, edo_u128 value);
EDO_MUST_USE EDO_API int edo_write_i128be(edo_buf_writer *self, edo_i128 value);
EDO_MUST_USE EDO_API int edo_write_u128le(edo_buf_writer *self, edo_u128 value);
EDO_MUST_USE EDO_API int edo_write_i128le(edo_buf_writer *self, edo_i128 value);
#endif

EDO_END_DECLS

#endif
