// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type extra struct {
	key   string
	value float64
}

// outcome is what a bench answers: operations done, the nanoseconds of all of them (CPU time for
// timer_fire), and the growth of memory while everything was alive (0: report the peak).
type outcome struct {
	n      int
	ns     float64
	rssKB  int
	extras []extra
}

func wall(n int, since time.Time) outcome {
	return outcome{n: n, ns: float64(time.Since(since))}
}

// cpuNs is the CPU time of the whole process.
func cpuNs() float64 {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	return float64(ru.Utime.Nano() + ru.Stime.Nano())
}

func statusKB(key string) int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == key {
			v, _ := strconv.Atoi(f[1])
			return v
		}
	}
	return 0
}

func rssKB() int { return statusKB("VmRSS:") }

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

// random is the same sequence of pseudo-random numbers in every peer (xorshift64).
type random uint64

func newRandom() random { return 0x9e37_79b9_7f4a_7c15 }

func (r *random) between(low, high uint64) uint64 {
	x := uint64(*r)
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	*r = random(x)
	return low + x%(high-low+1)
}
