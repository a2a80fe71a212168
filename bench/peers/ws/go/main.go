// SPDX-License-Identifier: MIT

// peer-ws-go HOST:PORT: an echo of WebSocket messages on gorilla/websocket, on one thread.
package main

import (
	"log"
	"net/http"
	"os"
	"runtime"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			return
		}
		if c.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	http.HandleFunc("/ws", echo)
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
