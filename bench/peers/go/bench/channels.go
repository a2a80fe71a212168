// SPDX-License-Identifier: MIT

package main

import (
	"sync"
	"time"
)

// reply is a fresh channel for the answer to the message that carries it.
type reply chan reply

func volley(to reply, count int) {
	for i := 0; i < count; i++ {
		fresh := make(reply, 1)
		to <- fresh
		next, open := <-fresh
		if !open {
			return
		}
		to = next
	}
	close(to)
}

func oneshotPingpong(n int) outcome {
	each := max(n/2, 1)
	var wg sync.WaitGroup
	wg.Add(2)
	start := time.Now()
	first := make(reply, 1)
	go func() {
		defer wg.Done()
		volley(first, each)
	}()
	go func() {
		defer wg.Done()
		volley(<-first, each)
	}()
	wg.Wait()
	return wall(each*2, start)
}

func mpscPingpong(n int) outcome {
	ping, pong := make(chan int, 1), make(chan int, 1)
	done := make(chan struct{})
	start := time.Now()
	go func() {
		for i := 0; i < n; i++ {
			ping <- i
			<-pong
		}
		close(ping)
		close(done)
	}()
	go func() {
		for v := range ping {
			pong <- v
		}
	}()
	<-done
	return wall(n, start)
}

func producers(count, n int) outcome {
	each := max(n/count, 1)
	c := make(chan int, 100)
	start := time.Now()
	for p := 0; p < count; p++ {
		go func() {
			for i := 0; i < each; i++ {
				c <- i
			}
		}()
	}
	for i := 0; i < each*count; i++ {
		<-c
	}
	return wall(each*count, start)
}

func consumers(count, n int) outcome {
	c := make(chan int, 100)
	var wg sync.WaitGroup
	start := time.Now()
	for p := 0; p < count; p++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range c {
			}
		}()
	}
	go func() {
		for i := 0; i < n; i++ {
			c <- i
		}
		close(c)
	}()
	wg.Wait()
	return wall(n, start)
}

// broadcast100: Go has no broadcast channel; the idiom is one channel for each receiver.
func broadcast100(n int) outcome {
	const receivers, perRound = 100, 100
	rounds := max(n/(receivers*perRound), 1)
	acks := make(chan struct{}, receivers)
	subs := make([]chan int, receivers)
	for i := range subs {
		c := make(chan int, 128)
		subs[i] = c
		go func() {
			got := 0
			for range c {
				if got++; got%perRound == 0 {
					acks <- struct{}{}
				}
			}
		}()
	}
	start := time.Now()
	for r := 0; r < rounds; r++ {
		for i := 0; i < perRound; i++ {
			for _, c := range subs {
				c <- i
			}
		}
		for i := 0; i < receivers; i++ {
			<-acks
		}
	}
	out := wall(rounds*receivers*perRound, start)
	for _, c := range subs {
		close(c)
	}
	return out
}

// broadcastLossless100: the same channels, and the sender waits for room in each.
func broadcastLossless100(n int) outcome {
	const receivers = 100
	values := max(n/receivers, 1)
	subs := make([]chan int, receivers)
	var wg sync.WaitGroup
	wg.Add(receivers)
	for i := range subs {
		c := make(chan int, 128)
		subs[i] = c
		go func() {
			for range c {
			}
			wg.Done()
		}()
	}
	start := time.Now()
	for i := 0; i < values; i++ {
		for _, c := range subs {
			c <- i
		}
	}
	for _, c := range subs {
		close(c)
	}
	wg.Wait()
	return wall(values*receivers, start)
}

func select2(n int) outcome {
	const fill = 1000
	rounds := max(n/(2*fill), 1)
	a, b := make(chan int, fill), make(chan int, fill)
	var spent time.Duration
	for r := 0; r < rounds; r++ {
		for i := 0; i < fill; i++ {
			a <- i
			b <- i
		}
		start := time.Now()
		for i := 0; i < 2*fill; i++ {
			select {
			case <-a:
			case <-b:
			}
		}
		spent += time.Since(start)
	}
	return outcome{n: rounds * 2 * fill, ns: float64(spent)}
}
