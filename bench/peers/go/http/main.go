// SPDX-License-Identifier: MIT

// Command peer-go-http has the routes of edo-bench-http, by net/http.
//
//	peer-go-http [-t threads] HOST:PORT
package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

func text(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, body)
}

func get(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/user/")
	switch {
	case r.URL.Path == "/":
		text(w, "Hello, World!")
	case r.URL.Path == "/16k.bin" && os.Getenv("WWW") != "":
		http.ServeFile(w, r, os.Getenv("WWW")+"/16k.bin")
	case id != r.URL.Path && id != "":
		text(w, id)
	default:
		http.NotFound(w, r)
	}
}

func post(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/user":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	case "/echo":
		io.Copy(w, r.Body)
	default:
		http.NotFound(w, r)
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		get(w, r)
	case http.MethodPost:
		post(w, r)
	default:
		http.NotFound(w, r)
	}
}

func main() {
	threads := flag.Int("t", 1, "threads")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: peer-go-http [-t threads] HOST:PORT")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(*threads)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() {
		<-term
		os.Exit(0)
	}()
	fmt.Fprintln(os.Stderr, http.ListenAndServe(flag.Arg(0), http.HandlerFunc(serve)))
	os.Exit(1)
}
