// SPDX-License-Identifier: MIT

// Command peer-go-echo is an echo server with a read buffer of 16 KiB a connection.
//
//	peer-go-echo [-t threads] HOST:PORT|unix:PATH
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// The standard library takes the backlog from net.core.somaxconn and sets SO_REUSEADDR and
// TCP_NODELAY on its own.
func echo(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 16*1024)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if _, err = conn.Write(buf[:n]); err != nil {
			return
		}
	}
}

func main() {
	threads := flag.Int("t", 1, "threads")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: peer-go-echo [-t threads] HOST:PORT|unix:PATH")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(*threads)
	network, address := "tcp", flag.Arg(0)
	if path := strings.TrimPrefix(address, "unix:"); path != address {
		network, address = "unix", path
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() {
		<-term
		os.Exit(0)
	}()
	for {
		conn, err := listener.Accept()
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go echo(conn)
	}
}
