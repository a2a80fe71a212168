// SPDX-License-Identifier: MIT

package main

import (
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Goroutines beside work that does not yield, after 2,000 short ones: see bench/cases/behind.c.

const (
	shortTasks = 2_000
	burnFor    = 200 * time.Millisecond
	blockFor   = 400 * time.Millisecond
	never      = 200 * time.Millisecond
	turnsTimed = 20_000_000
)

func burnTurns(turns uint64) {
	x := turns | 1
	for i := uint64(0); i < turns; i++ {
		x = (x ^ x>>13) * 0x9e37_79b9_7f4a_7c15
	}
	atomic.StoreUint64(&sink, x)
}

// calibrated is how many turns take as long as burnFor.
func calibrated() uint64 {
	start := time.Now()
	burnTurns(turnsTimed)
	return uint64(turnsTimed * float64(burnFor) / float64(time.Since(start)))
}

// blockThread sleeps in the kernel; time.Sleep would give the thread up.
func blockThread(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&ts, nil)
}

func runAll(n int, act func()) {
	var wg sync.WaitGroup
	wg.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			act()
			wg.Done()
		}()
	}
	wg.Wait()
}

func medianOf(took []time.Duration) outcome {
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	median, worst := took[len(took)/2], took[len(took)-1]
	out := outcome{n: len(took), ns: float64(median) * float64(len(took))}
	out.extras = append(out.extras, extra{"median_ms", float64(median) / 1e6}, extra{"worst_ms", float64(worst) / 1e6})
	return out
}

func longRounds(n, tasks int, act func()) outcome {
	took := make([]time.Duration, n)
	for i := range took {
		runAll(shortTasks, func() {})
		start := time.Now()
		runAll(tasks, act)
		took[i] = time.Since(start)
	}
	return medianOf(took)
}

func longBurn(n, tasks int) outcome {
	turns := calibrated()
	return longRounds(n, tasks, func() { burnTurns(turns) })
}

func longBurn2(n int) outcome { return longBurn(n, 2) }
func longBurn4(n int) outcome { return longBurn(n, 4) }

func longBlock2(n int) outcome {
	return longRounds(n, 2, func() { blockThread(blockFor) })
}

func longChild(n int) outcome {
	took := make([]time.Duration, n)
	for i := range took {
		runAll(shortTasks, func() {})
		runAll(1, func() {
			var begun int64
			start := time.Now()
			go func() { atomic.StoreInt64(&begun, int64(time.Since(start))) }()
			for atomic.LoadInt64(&begun) == 0 && time.Since(start) < never {
				blockThread(200 * time.Microsecond)
			}
			took[i] = time.Since(start)
			if b := atomic.LoadInt64(&begun); b != 0 {
				took[i] = time.Duration(b)
			}
		})
	}
	return medianOf(took)
}
