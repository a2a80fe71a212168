// SPDX-License-Identifier: MIT

// Command peer-go runs one bench of edo's table in idiomatic Go and prints one line of JSON.
//
//	peer-go <bench> [-t threads] [-n N]
//
// GOMAXPROCS is the number of threads. A bench that Go does not have exits 3 and prints nothing;
// --list names all.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

type bench struct {
	name string
	n    int
	warm bool // a tenth of the operations runs before the clock starts
	body func(n int) outcome
}

var benches = []bench{
	{"spawn_join", 1_000_000, true, spawnJoin},
	{"spawn_one", 1_000_000, true, spawnOne},
	{"chained_spawn", 1_000_000, true, chainedSpawn},
	{"yield_2", 5_000_000, true, func(n int) outcome { return yielders(2, n) }},
	{"yield_1000", 5_000_000, true, func(n int) outcome { return yielders(1000, n) }},
	{"oneshot_pingpong", 1_000_000, true, oneshotPingpong},
	{"mpsc_pingpong", 1_000_000, true, mpscPingpong},
	{"mpsc_1p", 2_000_000, true, func(n int) outcome { return producers(1, n) }},
	{"mpsc_8p", 2_000_000, true, func(n int) outcome { return producers(8, n) }},
	{"chan_8c", 2_000_000, true, func(n int) outcome { return consumers(8, n) }},
	{"broadcast_100", 5_000_000, true, broadcast100},
	{"broadcast_lossless_100", 5_000_000, true, broadcastLossless100},
	{"frames_64_fed", 5_000_000, true, func(n int) outcome { return frames(n, 64, true) }},
	{"frames_64_sent", 5_000_000, true, func(n int) outcome { return frames(n, 64, false) }},
	{"frames_16k", 200_000, true, func(n int) outcome { return frames(n, 16*1024, true) }},
	{"lines_80", 5_000_000, true, lines80},
	{"spawn_true", 1000, true, spawnTrue},
	{"file_lines", 3_355_443, true, fileLines},
	{"file_cached_1", 200_000, true, func(n int) outcome { return fileBlocks(n, 1) }},
	{"file_cached_64", 200_000, true, func(n int) outcome { return fileBlocks(n, 64) }},
	{"file_device_1", 4_000, false, func(n int) outcome { return fileBlocks(n, 1) }},
	{"file_device_64", 8_000, false, func(n int) outcome { return fileBlocks(n, 64) }},
	{"mutex_uncontended", 10_000_000, true, mutexUncontended},
	{"rwlock_uncontended", 10_000_000, true, rwlockUncontended},
	{"mutex_1000", 1_000_000, true, mutex1000},
	{"sem_1000", 1_000_000, true, sem1000},
	{"snapshot_get", 10_000_000, true, snapshotGet},
	{"keyed_mutex", 10_000_000, true, keyedMutex},
	{"select_2", 2_000_000, true, select2},
	{"timer_churn", 1_000_000, true, timerChurn},
	{"timer_churn_alone", 1_000_000, true, timerChurnAlone},
	{"timer_insert_cancel", 1_000_000, false, timerInsertCancel},
	{"timer_fire", 100_000, false, timerFire},
	{"parked_mem", 1_000_000, false, parkedMem},
	{"steal", 100_000, true, steal},
	{"long_burn_2", 20, false, longBurn2},
	{"long_burn_4", 20, false, longBurn4},
	{"long_block_2", 20, false, longBlock2},
	{"long_child", 20, false, longChild},
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: peer-go <bench> [-t threads] [-n N] | --list")
	os.Exit(2)
}

func number(args []string, at int) int {
	if at >= len(args) {
		usage()
	}
	v, err := strconv.Atoi(args[at])
	if err != nil || v <= 0 {
		usage()
	}
	return v
}

func main() {
	name, threads, n := "", 1, 0
	args := os.Args[1:]
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--list":
			for _, b := range benches {
				fmt.Println(b.name)
			}
			return
		case args[i] == "-t":
			i++
			threads = number(args, i)
		case args[i] == "-n":
			i++
			n = number(args, i)
		case strings.HasPrefix(args[i], "-") || name != "":
			usage()
		default:
			name = args[i]
		}
	}
	if name == "" {
		usage()
	}
	for _, b := range benches {
		if b.name == name {
			run(b, threads, n)
			return
		}
	}
	os.Exit(3)
}

func run(b bench, threads, n int) {
	runtime.GOMAXPROCS(threads)
	if n == 0 {
		n = b.n
	}
	if b.warm {
		b.body(max(n/10, 1))
		runtime.GC()
	}
	out := b.body(n)
	rss := out.rssKB
	if rss == 0 {
		rss = statusKB("VmHWM:")
	}
	line := fmt.Sprintf(`{"peer":"go","bench":"%s","threads":%d,"n":%d,"ns_per_op":%.3f,"rss_kb":%d`,
		b.name, threads, out.n, out.ns/float64(out.n), rss)
	for _, x := range out.extras {
		line += fmt.Sprintf(`,"%s":%.3f`, x.key, x.value)
	}
	fmt.Println(line + "}")
}
