// SPDX-License-Identifier: MIT

// peer-grpc-go: what edo-bench-grpc does, by grpc-go.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"google.golang.org/grpc"
)

var text = strings.Repeat("x", 64)

type service struct{ UnimplementedGreeterServer }

func (service) Greet(_ context.Context, in *Person) (*Reply, error) {
	return &Reply{Text: in.Name}, nil
}

func (service) Chat(s Greeter_ChatServer) error {
	for {
		in, err := s.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(&Reply{Text: in.Name}); err != nil {
			return err
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func serve(address string) {
	l, err := net.Listen("tcp", address)
	check(err)
	s := grpc.NewServer()
	RegisterGreeterServer(s, &service{})
	check(s.Serve(l))
}

func unary(c GreeterClient, n, inFlight int) {
	var all sync.WaitGroup
	for i := 0; i < inFlight; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := n / inFlight; i > 0; i-- {
				_, err := c.Greet(context.Background(), &Person{Name: text})
				check(err)
			}
		}()
	}
	all.Wait()
}

func chat(c GreeterClient, n, inFlight int) {
	s, err := c.Chat(context.Background())
	check(err)
	room := make(chan struct{}, inFlight)
	go func() {
		for i := 0; i < n; i++ {
			room <- struct{}{}
			check(s.Send(&Person{Name: text}))
		}
		check(s.CloseSend())
	}()
	for {
		_, err := s.Recv()
		if err == io.EOF {
			return
		}
		check(err)
		<-room
	}
}

func cpuUs() float64 {
	var r syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return float64(r.Utime.Sec+r.Stime.Sec)*1e6 + float64(r.Utime.Usec+r.Stime.Usec)
}

func main() {
	if len(os.Args) == 3 {
		serve(os.Args[2])
	}
	n, err := strconv.Atoi(os.Args[3])
	check(err)
	inFlight, err := strconv.Atoi(os.Args[4])
	check(err)
	conn, err := grpc.Dial(os.Args[2], grpc.WithInsecure(), grpc.WithBlock())
	check(err)
	before := cpuUs()
	if os.Args[1] == "chat" {
		chat(NewGreeterClient(conn), n, inFlight)
	} else {
		unary(NewGreeterClient(conn), n, inFlight)
	}
	fmt.Printf("us_per_call %.3f\n", (cpuUs()-before)/float64(n))
}
