// SPDX-License-Identifier: MIT

package main

import (
	"runtime"
	"sync"
	"time"
)

func mutexUncontended(n int) outcome {
	var mu sync.Mutex
	value := 0
	start := time.Now()
	for i := 0; i < n; i++ {
		mu.Lock()
		value++
		mu.Unlock()
	}
	sink += uint64(value)
	return wall(n, start)
}

func rwlockUncontended(n int) outcome {
	var mu sync.RWMutex
	value := 1
	sum := 0
	start := time.Now()
	for i := 0; i < n; i++ {
		mu.RLock()
		sum += value
		mu.RUnlock()
	}
	sink += uint64(sum)
	return wall(n, start)
}

// crowd runs 1000 goroutines that enter, yield inside, and leave.
func crowd(n int, enter, leave func()) outcome {
	const tasks = 1000
	each := max(n/tasks, 1)
	var wg sync.WaitGroup
	wg.Add(tasks)
	start := time.Now()
	for t := 0; t < tasks; t++ {
		go func() {
			defer wg.Done()
			for i := 0; i < each; i++ {
				enter()
				runtime.Gosched()
				leave()
			}
		}()
	}
	wg.Wait()
	return wall(each*tasks, start)
}

func mutex1000(n int) outcome {
	var mu sync.Mutex
	return crowd(n, mu.Lock, mu.Unlock)
}

// sem1000: a counting semaphore is a channel with room for the permits.
func sem1000(n int) outcome {
	permits := make(chan struct{}, 10)
	return crowd(n, func() { permits <- struct{}{} }, func() { <-permits })
}
