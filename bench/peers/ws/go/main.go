// SPDX-License-Identifier: MIT

// peer-ws-go HOST:PORT: on gorilla/websocket, on one thread: an echo of WebSocket messages at /ws; at
// /fan each message goes to all, prepared once.
package main

import (
	"log"
	"net/http"
	"os"
	"runtime"
	"sync"

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

var (
	lock sync.Mutex
	room = map[*websocket.Conn]bool{}
)

func tellAll(kind int, message []byte) {
	prepared, err := websocket.NewPreparedMessage(kind, message)
	if err != nil {
		return
	}
	lock.Lock()
	defer lock.Unlock()
	for c := range room {
		_ = c.WritePreparedMessage(prepared) // one that is lost ends by its read
	}
}

func fan(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	lock.Lock()
	room[c] = true
	lock.Unlock()
	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			break
		}
		tellAll(kind, message)
	}
	lock.Lock()
	delete(room, c)
	lock.Unlock()
}

func main() {
	runtime.GOMAXPROCS(1)
	http.HandleFunc("/ws", echo)
	http.HandleFunc("/fan", fan)
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
