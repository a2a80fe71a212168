// SPDX-License-Identifier: MIT

// peer-log-go BENCH [-n EVENTS] [--file PATH]: golang.org/x/exp/slog (Debian: golang-golang-x-exp-dev)
// under the benches of edo-bench-log. Same command line, same line of JSON. Each event is one write;
// slog has no targets, and so no off_other.
package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/exp/slog"
)

var paths = [4]string{"/", "/articles/4711?page=2", "/users/17/photo.jpeg", "/static/site-4f3a2b.css"}

var logger slog.Logger

func logAt(level slog.Level, first, n uint64) {
	for i := first; i < first+n; i++ {
		logger.LogAttrs(level, "request",
			slog.String("method", "GET"), slog.String("path", paths[i%4]), slog.Int("status", 200),
			slog.Uint64("bytes", i), slog.Float64("ms", float64(i%1000)/4))
	}
}

func logOff(first, n uint64) { logAt(slog.DebugLevel, first, n) }

func logOn(first, n uint64) { logAt(slog.InfoLevel, first, n) }

type bench struct {
	name             string
	batch            func(first, n uint64)
	batchN, batchesN uint64
	rest             time.Duration
	toFile           bool
}

var benches = []bench{
	{"off", logOff, 1000000, 50, 0, false},
	{"line", logOn, 1000, 100, 0, false},
	{"burst", logOn, 2000, 50, 20 * time.Millisecond, true},
	{"paced", logOn, 10, 1000, time.Millisecond, true},
	{"at_once", logOn, 2000, 50, 0, true},
}

func (b *bench) once(number uint64) float64 {
	start := time.Now()
	b.batch(number*b.batchN, b.batchN)
	ns := float64(time.Since(start))
	time.Sleep(b.rest)
	return ns
}

func cpuNs() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

func (b *bench) run(n uint64, path string) {
	var to io.Writer = io.Discard
	if b.toFile {
		file, err := os.Create(path)
		if err != nil {
			panic(err)
		}
		defer file.Close()
		to = file
	}
	logger = slog.New(slog.HandlerOptions{AddSource: true, Level: slog.InfoLevel}.NewJSONHandler(to))
	if n == 0 {
		n = b.batchN * b.batchesN
	}
	batches := (n + b.batchN - 1) / b.batchN
	warm := batches/10 + 1
	for i := uint64(0); i < warm; i++ {
		b.once(i)
	}
	ns := make([]float64, batches)
	start := cpuNs()
	for i := range ns {
		ns[i] = b.once(uint64(i))
	}
	cpu := cpuNs() - start
	sort.Float64s(ns)
	done := batches * b.batchN
	fmt.Printf("{\"peer\":\"slog\",\"bench\":\"%s\",\"n\":%d,\"lines\":%d,\"ns_per_op\":%.2f,\"cpu_ns_per_op\":%.2f}\n",
		b.name, done, done+warm*b.batchN, ns[batches/2]/float64(b.batchN), cpu/float64(done))
}

func main() {
	if len(os.Args) < 2 {
		os.Exit(2)
	}
	n, path := uint64(0), "/dev/null"
	for i := 2; i+1 < len(os.Args); i += 2 {
		switch os.Args[i] {
		case "-n":
			n, _ = strconv.ParseUint(os.Args[i+1], 10, 64)
		case "--file":
			path = os.Args[i+1]
		default:
			os.Exit(2)
		}
	}
	for i := range benches {
		if os.Args[1] == "--list" {
			fmt.Println(benches[i].name)
		} else if os.Args[1] == benches[i].name {
			benches[i].run(n, path)
			return
		}
	}
	if os.Args[1] != "--list" {
		os.Exit(3)
	}
}
