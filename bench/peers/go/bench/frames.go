// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"time"
)

const pipeBytes = 64 * 1024

// frames sends frames with their length in front through io.Pipe, which has no buffer of its own: a
// bufio.Writer stands before it. Each frame that is received is a slice of its own.
func frames(n, size int, feeds bool) outcome {
	reader, writer := io.Pipe()
	start := time.Now()
	go func() {
		payload, head := make([]byte, size), make([]byte, 4)
		to := bufio.NewWriterSize(writer, pipeBytes)
		for i := 0; i < n; i++ {
			binary.BigEndian.PutUint32(head, uint32(size))
			_, _ = to.Write(head)
			_, _ = to.Write(payload)
			if !feeds {
				_ = to.Flush()
			}
		}
		_ = to.Flush()
		_ = writer.Close()
	}()
	from, head, got := bufio.NewReaderSize(reader, pipeBytes), make([]byte, 4), 0
	for {
		if _, err := io.ReadFull(from, head); err != nil {
			break
		}
		frame := make([]byte, binary.BigEndian.Uint32(head))
		if _, err := io.ReadFull(from, frame); err != nil {
			break
		}
		got++
	}
	return wall(got, start)
}

func lines80(n int) outcome {
	reader, writer := io.Pipe()
	start := time.Now()
	go func() {
		line := make([]byte, 80)
		line[79] = '\n'
		to := bufio.NewWriterSize(writer, pipeBytes)
		for i := 0; i < n; i++ {
			_, _ = to.Write(line)
		}
		_ = to.Flush()
		_ = writer.Close()
	}()
	from, got := bufio.NewScanner(reader), 0
	from.Buffer(make([]byte, 32<<10), 64<<10)
	for from.Scan() {
		got++
	}
	return wall(got, start)
}
