// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
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

// snapshotGet reads an atomic.Value on each of the threads at once.
func snapshotGet(n int) outcome {
	type settings struct{ seven uint64 }
	var value atomic.Value
	value.Store(&settings{7})
	threads := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	var all atomic.Uint64
	wg.Add(threads)
	start := time.Now()
	for t := 0; t < threads; t++ {
		go func() {
			defer wg.Done()
			var sum uint64
			for i := 0; i < n; i++ {
				sum += value.Load().(*settings).seven
			}
			all.Add(sum)
		}()
	}
	wg.Wait()
	sink += all.Load()
	return wall(n, start)
}

type keyed struct {
	mu    sync.Mutex
	locks map[string]*keyedLock
}

type keyedLock struct {
	mu    sync.Mutex
	users int
}

func (k *keyed) lock(key string) *keyedLock {
	k.mu.Lock()
	l := k.locks[key]
	if l == nil {
		l = &keyedLock{}
		k.locks[key] = l
	}
	l.users++
	k.mu.Unlock()
	l.mu.Lock()
	return l
}

func (k *keyed) unlock(key string, l *keyedLock) {
	l.mu.Unlock()
	k.mu.Lock()
	l.users--
	if l.users == 0 {
		delete(k.locks, key)
	}
	k.mu.Unlock()
}

// keyedMutex takes the lock of a key that nobody else wants.
func keyedMutex(n int) outcome {
	k := keyed{locks: map[string]*keyedLock{}}
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("user/%011d", i)
	}
	r := newRandom()
	start := time.Now()
	for i := 0; i < n; i++ {
		key := keys[r.between(0, 999)]
		k.unlock(key, k.lock(key))
	}
	return wall(n, start)
}
