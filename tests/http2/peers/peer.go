// SPDX-License-Identifier: MIT

// peer.go: Go's net/http as a peer of HTTP/2 by TLS: "client URL CA", which ends with status 0 if all was as it has to be,
// and "server FOLDER CERT KEY", which prints its port, serves the files, and sends back what is posted.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const wait = 30 * time.Second

// ask returns the body of a response that must come by HTTP/2.
func ask(c *http.Client, method, url string, status int, body io.Reader) []byte {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		log.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status || res.ProtoMajor != 2 {
		log.Fatal(method, " ", url, ": ", err, " ", res.Status, " ", res.Proto)
	}
	return got
}

func check(what string, got, want []byte) {
	if !bytes.Equal(got, want) {
		log.Fatalf("%s: %d bytes, not %d, or others", what, len(got), len(want))
	}
}

// askMany has 100 requests under way at once, over one connection.
func askMany(c *http.Client, url string) {
	var all sync.WaitGroup
	for i := 0; i < 100; i++ {
		all.Add(1)
		go func(n string) {
			defer all.Done()
			check("user "+n, ask(c, "GET", url+"/user/"+n, 200, nil), []byte(n))
		}(fmt.Sprint(i))
	}
	all.Wait()
}

func client(url, ca string) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	c := &http.Client{Timeout: wait, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	big := bytes.Repeat([]byte("0123456789abcdef"), 200000)
	check("hello", ask(c, "GET", url+"/", 200, nil), []byte("Hello, World!"))
	check("404", ask(c, "GET", url+"/no", 404, nil), []byte("Not Found"))
	check("head", ask(c, "HEAD", url+"/", 200, nil), nil)
	check("known length", ask(c, "POST", url+"/echo", 200, bytes.NewReader(big)), big)
	check("unknown length", ask(c, "POST", url+"/echo", 200, io.MultiReader(bytes.NewReader(big))), big)
	askMany(c, url)
}

func server(folder, cert, key string) {
	files := http.FileServer(http.Dir(folder))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.ServeTLS(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" || r.Method == "HEAD" {
			files.ServeHTTP(w, r)
		} else {
			io.Copy(w, r.Body)
		}
	}), cert, key))
}

func main() {
	if os.Args[1] == "client" {
		client(os.Args[2], os.Args[3])
	} else {
		server(os.Args[2], os.Args[3], os.Args[4])
	}
}
