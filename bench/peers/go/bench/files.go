// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"os"
	"sync"
)

const blockBytes = 4096

func benchFile() *os.File {
	file, err := os.Open(os.Getenv("BENCH_FILE"))
	if err != nil {
		panic(err)
	}
	return file
}

// fileBlocks reads 4 KiB at random places, in several goroutines: CPU time of this process.
func fileBlocks(n, atOnce int) outcome {
	file := benchFile()
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		panic(err)
	}
	blocks := uint64(about.Size()) / blockBytes
	begin := cpuNs()
	var wg sync.WaitGroup
	wg.Add(atOnce)
	for i := 1; i <= atOnce; i++ {
		random := newRandom() * random(i)
		go func() {
			defer wg.Done()
			block := make([]byte, blockBytes)
			for j := 0; j < n/atOnce; j++ {
				place := random.between(0, blocks-1) * blockBytes
				if _, err := file.ReadAt(block, int64(place)); err != nil {
					panic(err)
				}
			}
		}()
	}
	wg.Wait()
	return outcome{n: n / atOnce * atOnce, ns: cpuNs() - begin}
}

func fileLines(n int) outcome {
	file := benchFile()
	defer file.Close()
	begin, got := cpuNs(), 0
	from := bufio.NewScanner(file)
	from.Buffer(make([]byte, 32<<10), 64<<10)
	for got < n && from.Scan() {
		got++
	}
	return outcome{n: got, ns: cpuNs() - begin}
}
