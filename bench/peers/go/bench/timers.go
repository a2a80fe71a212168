// SPDX-License-Identifier: MIT

package main

import (
	"sync"
	"sync/atomic"
	"time"
)

func longSpan(r *random) time.Duration {
	return time.Duration(r.between(1000, 60_000)) * time.Millisecond
}

func timerChurnAlone(n int) outcome {
	r := newRandom()
	start := time.Now()
	for i := 0; i < n; i++ {
		time.NewTimer(longSpan(&r)).Stop()
	}
	return wall(n, start)
}

func timerChurn(n int) outcome {
	ticker := time.NewTicker(50 * time.Millisecond)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
			case <-stop:
				ticker.Stop()
				return
			}
		}
	}()
	out := timerChurnAlone(n)
	close(stop)
	return out
}

func timerInsertCancel(n int) outcome {
	const stride = 7919 // no common factor with the usual counts
	r := newRandom()
	timers := make([]*time.Timer, n)
	before := rssKB()
	start := time.Now()
	for i := range timers {
		timers[i] = time.NewTimer(longSpan(&r))
	}
	inserted := time.Since(start)
	grown := rssKB() - before
	dropping := time.Now()
	for i, at := 0, 0; i < n; i++ {
		at = (at + stride) % n
		timers[at].Stop()
		timers[at] = nil
	}
	total := inserted + time.Since(dropping)
	return outcome{n: n, ns: float64(total), rssKB: grown, extras: []extra{
		{"insert_ns", float64(inserted) / float64(n)},
		{"bytes_per", float64(grown) * 1024 / float64(n)},
	}}
}

func timerFire(n int) outcome {
	r := newRandom()
	var sum, worst int64
	var wg sync.WaitGroup
	wg.Add(n)
	start, cpu := time.Now(), cpuNs()
	for i := 0; i < n; i++ {
		span := time.Duration(r.between(1, 100)) * time.Millisecond
		go func() {
			defer wg.Done()
			due := time.Now().Add(span)
			time.Sleep(span)
			late := int64(time.Since(due))
			atomic.AddInt64(&sum, late)
			for old := atomic.LoadInt64(&worst); late > old; old = atomic.LoadInt64(&worst) {
				if atomic.CompareAndSwapInt64(&worst, old, late) {
					break
				}
			}
		}()
	}
	wg.Wait()
	return outcome{n: n, ns: cpuNs() - cpu, extras: []extra{
		{"wall_ms", float64(time.Since(start)) / 1e6},
		{"late_mean_us", float64(sum) / float64(n) / 1e3},
		{"late_max_us", float64(worst) / 1e3},
	}}
}
