// SPDX-License-Identifier: MIT

// peer-metrics-go BENCH [-t THREADS] [-n N]: client_golang (Debian:
// golang-github-prometheus-client-golang-dev) under the benches of edo-bench-metrics. Same command
// line, same line of JSON.
package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// onThreads returns the longest time of all goroutines, each of which runs body(n).
func onThreads(threads, n int, body func(n int)) float64 {
	var ready atomic.Int32
	var wg sync.WaitGroup
	ns := make([]float64, threads)
	for t := 0; t < threads; t++ {
		wg.Add(1)
		go func(t int) {
			defer wg.Done()
			ready.Add(1)
			for int(ready.Load()) < threads {
				runtime.Gosched()
			}
			start := time.Now()
			body(n)
			ns[t] = float64(time.Since(start))
		}(t)
	}
	wg.Wait()
	longest := 0.0
	for _, v := range ns {
		if v > longest {
			longest = v
		}
	}
	return longest
}

func text(n int) (float64, int) {
	registry := prometheus.NewRegistry()
	requests := prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: "requests_total", Help: "Requests."}, []string{"method", "route"})
	registry.MustRegister(requests)
	for i := 0; i < 1000; i++ {
		requests.WithLabelValues("GET", "/route/"+strconv.Itoa(i)).Add(float64(i * 1000))
	}
	var out bytes.Buffer
	start := time.Now()
	for i := 0; i < n; i++ {
		out.Reset()
		families, err := registry.Gather()
		if err != nil {
			panic(err)
		}
		for _, family := range families {
			if _, err := expfmt.MetricFamilyToText(&out, family); err != nil {
				panic(err)
			}
		}
	}
	return float64(time.Since(start)), out.Len()
}

func main() {
	bench, threads, n := "", 1, 0
	if len(os.Args) > 1 {
		bench = os.Args[1]
	}
	for i := 2; i+1 < len(os.Args); i += 2 {
		value, _ := strconv.Atoi(os.Args[i+1])
		switch os.Args[i] {
		case "-t":
			threads = value
		case "-n":
			n = value
		}
	}
	runtime.GOMAXPROCS(threads)
	length, ns := 0, 0.0
	switch bench {
	case "counter":
		if n == 0 {
			n = 20000000
		}
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "requests"})
		ns = onThreads(threads, n, func(n int) {
			for i := 0; i < n; i++ {
				c.Inc()
			}
		})
	case "hist":
		if n == 0 {
			n = 5000000
		}
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "duration", Buckets: []float64{
			0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}})
		ns = onThreads(threads, n, func(n int) {
			for i := 0; i < n; i++ {
				h.Observe(0.001 * float64(1+i%9) * float64(uint(1)<<(i%10)))
			}
		})
	case "text":
		if n == 0 {
			n = 200
		}
		ns, length = text(n)
	default:
		os.Exit(3)
	}
	fmt.Printf("{\"peer\":\"go\",\"bench\":\"%s\",\"threads\":%d,\"n\":%d,\"bytes\":%d,\"ns_per_op\":%.2f}\n",
		bench, threads, n, length, ns/float64(n))
}
