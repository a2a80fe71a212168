// SPDX-License-Identifier: MIT

// Command peer-go-net is a UDP echo server, or a TCP proxy by io.Copy.
//
//	peer-go-net udp HOST:PORT | proxy HOST:PORT HOST:PORT
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func serveUDP(address string) {
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		fail(err)
	}
	// The calls by netip.AddrPort allocate nothing.
	conn := socket.(*net.UDPConn)
	buf := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			fail(err)
		}
		if _, err = conn.WriteToUDPAddrPort(buf[:n], from); err != nil {
			fail(err)
		}
	}
}

func forward(client *net.TCPConn, to string) {
	defer client.Close()
	conn, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer conn.Close()
	server := conn.(*net.TCPConn)
	back := make(chan struct{})
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.CloseWrite()
		close(back)
	}()
	_, _ = io.Copy(server, client)
	_ = server.CloseWrite()
	<-back
}

func serveProxy(address, to string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fail(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go forward(conn.(*net.TCPConn), to)
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	switch {
	case len(os.Args) == 3 && os.Args[1] == "udp":
		serveUDP(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "proxy":
		serveProxy(os.Args[2], os.Args[3])
	}
	fmt.Fprintln(os.Stderr, "usage: peer-go-net udp HOST:PORT | proxy HOST:PORT HOST:PORT")
	os.Exit(2)
}
