// SPDX-License-Identifier: MIT
// examples/web/web_users.c in Go, with chi and gorilla/websocket, to compare what one has to write: the
// same routes, checks, problems, middleware, limits and end.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/go-chi/chi"
	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

const usersMax = 1000

type user struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type fault struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

type problem struct {
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Errors []fault `json:"errors,omitempty"`
}

type users struct {
	mutex sync.Mutex
	all   []user
}

func reply(w http.ResponseWriter, status int, mediaType string, value any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}

func replyProblem(w http.ResponseWriter, status int, detail string, faults ...fault) {
	reply(w, status, "application/problem+json",
		problem{http.StatusText(status), status, detail, faults})
}

func decode(w http.ResponseWriter, r *http.Request, out any) bool {
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t != "application/json" {
		replyProblem(w, http.StatusUnsupportedMediaType, "the content type is not application/json")
		return false
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 2<<20)).Decode(out)
	var syntax *json.SyntaxError
	var tooLong *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &syntax):
		replyProblem(w, http.StatusBadRequest, err.Error())
	case errors.As(err, &tooLong):
		replyProblem(w, http.StatusRequestEntityTooLarge, "the body is too long")
	default:
		replyProblem(w, http.StatusUnprocessableEntity, err.Error())
	}
	return false
}

func check(u *user) (faults []fault) {
	if len(u.Name) < 1 || len(u.Name) > 64 {
		faults = append(faults, fault{"#/name", "must have 1 to 64 bytes"})
	}
	if len(u.Email) > 64 {
		faults = append(faults, fault{"#/email", "must have at most 64 bytes"})
	}
	return faults
}

func (us *users) create(w http.ResponseWriter, r *http.Request) {
	var u user
	if !decode(w, r, &u) {
		return
	}
	if faults := check(&u); faults != nil {
		detail := faults[0].Pointer[2:] + " " + faults[0].Detail
		replyProblem(w, http.StatusUnprocessableEntity, detail, faults...)
		return
	}
	us.mutex.Lock()
	hasRoom := len(us.all) < usersMax
	if hasRoom {
		u.ID = int64(len(us.all)) + 1
		us.all = append(us.all, u)
	}
	us.mutex.Unlock()
	if !hasRoom {
		replyProblem(w, http.StatusInsufficientStorage, "no room")
		return
	}
	reply(w, http.StatusCreated, "application/json", &u)
}

func (us *users) get(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || id < 1 {
		replyProblem(w, http.StatusBadRequest, "id must be an integer of at least 1")
		return
	}
	us.mutex.Lock()
	var u user
	if id <= int64(len(us.all)) {
		u = us.all[id-1]
	}
	us.mutex.Unlock()
	if u.ID == 0 {
		replyProblem(w, http.StatusNotFound, fmt.Sprintf("no user %d", id))
		return
	}
	reply(w, http.StatusOK, "application/json", &u)
}

var upgrader websocket.Upgrader

func echo(w http.ResponseWriter, r *http.Request) {
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	for {
		kind, data, err := ws.ReadMessage()
		if err != nil || ws.WriteMessage(kind, data) != nil {
			return
		}
	}
}

func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", uuid.NewString())
		next.ServeHTTP(w, r)
	})
}

func withTimeout(next http.Handler) http.Handler {
	return http.TimeoutHandler(next, 5*time.Second, "")
}

func run(address string) error {
	us := &users{}
	router := chi.NewRouter()
	router.Use(withRequestID)
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		replyProblem(w, http.StatusNotFound, "")
	})
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		replyProblem(w, http.StatusMethodNotAllowed, "")
	})
	router.With(withTimeout).Post("/users", us.create)
	router.With(withTimeout).Get("/users/{id}", us.get)
	router.Get("/echo", echo)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	server := &http.Server{Handler: router, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	drained := make(chan error, 1)
	go func() {
		<-stop.Done()
		within, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		drained <- server.Shutdown(within)
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return <-drained
}

func main() {
	address := "127.0.0.1:8080"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := run(address); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
