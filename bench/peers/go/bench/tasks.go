// SPDX-License-Identifier: MIT

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const batchMax = 100_000

// spawnJoin: a goroutine that answers a number does so over a channel of one.
func spawnJoin(n int) outcome {
	handles := make([]chan int, 0, batchMax)
	sum := 0
	start := time.Now()
	for left := n; left > 0; {
		batch := left
		if batch > batchMax {
			batch = batchMax
		}
		for i := 0; i < batch; i++ {
			c := make(chan int, 1)
			go func(v int) { c <- v }(i)
			handles = append(handles, c)
		}
		for _, c := range handles {
			sum += <-c
		}
		handles = handles[:0]
		left -= batch
	}
	sink += uint64(sum)
	return wall(n, start)
}

func spawnOne(n int) outcome {
	sum := 0
	start := time.Now()
	for i := 0; i < n; i++ {
		c := make(chan int, 1)
		go func(v int) { c <- v }(i)
		sum += <-c
	}
	sink += uint64(sum)
	return wall(n, start)
}

func chain(left int, done chan<- struct{}) {
	if left == 0 {
		close(done)
		return
	}
	go chain(left-1, done)
}

func chainedSpawn(n int) outcome {
	done := make(chan struct{})
	start := time.Now()
	go chain(n, done)
	<-done
	return wall(n, start)
}

func yielders(tasks, n int) outcome {
	each := max(n/tasks, 1)
	var wg sync.WaitGroup
	wg.Add(tasks)
	start := time.Now()
	for t := 0; t < tasks; t++ {
		go func() {
			defer wg.Done()
			for i := 0; i < each; i++ {
				runtime.Gosched()
			}
		}()
	}
	wg.Wait()
	return wall(each*tasks, start)
}

// parkedMem: goroutines that wait for one channel to be closed.
func parkedMem(n int) outcome {
	release := make(chan struct{})
	var parked int64
	var wg sync.WaitGroup
	wg.Add(n)
	before := rssKB()
	start := time.Now()
	for i := 0; i < n; i++ {
		go func() {
			atomic.AddInt64(&parked, 1)
			<-release
			wg.Done()
		}()
	}
	for atomic.LoadInt64(&parked) < int64(n) {
		runtime.Gosched()
	}
	out := wall(n, start)
	out.rssKB = rssKB() - before
	wake := time.Now()
	close(release)
	wg.Wait()
	out.extras = []extra{
		{"bytes_per", float64(out.rssKB) * 1024 / float64(n)},
		{"wake_ns", float64(time.Since(wake)) / float64(n)},
	}
	return out
}

// sink keeps results alive, so that no work is optimised away.
var sink uint64

// work is about a microsecond of dependent arithmetic.
func work(seed uint64) uint64 {
	x := seed | 1
	for i := 0; i < 800; i++ {
		x = (x ^ (x >> 13)) * 0x9e37_79b9_7f4a_7c15
	}
	return x
}

func steal(n int) outcome {
	const turns = 20_000
	serial := time.Now()
	var sum uint64
	for i := 0; i < turns; i++ {
		sum += work(uint64(i))
	}
	taskNs := float64(time.Since(serial)) / turns
	sink += sum

	var wg sync.WaitGroup
	wg.Add(n)
	start := time.Now()
	for i := 0; i < n; i++ {
		go func(seed uint64) {
			if work(seed) == 0 {
				atomic.AddUint64(&sink, 1)
			}
			wg.Done()
		}(uint64(i))
	}
	wg.Wait()
	out := wall(n, start)
	threads := float64(runtime.GOMAXPROCS(0))
	out.extras = []extra{
		{"task_ns", taskNs},
		{"efficiency", taskNs * float64(n) / (threads * out.ns)},
	}
	return out
}
