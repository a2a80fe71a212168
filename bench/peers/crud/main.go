// SPDX-License-Identifier: MIT
// peer-crud-go HOST:PORT: the notes of bench/edo-bench-crud.c by net/http, with chi, since the patterns of
// net/http itself came with Go 1.22.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sort"
	"strconv"
	"sync"
	"syscall"

	"github.com/go-chi/chi"
)

const (
	pageMax = 100
	bodyMax = 2 << 20
)

type note struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

type page struct {
	Notes []note `json:"notes"`
}

type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// In the order of their ids, which only grow.
type store struct {
	lock   sync.Mutex
	all    []note
	lastID int64
}

func (s *store) firstFrom(id int64) int {
	return sort.Search(len(s.all), func(i int) bool { return s.all[i].ID >= id })
}

func (s *store) find(id int64) int {
	if i := s.firstFrom(id); i < len(s.all) && s.all[i].ID == id {
		return i
	}
	return -1
}

func reply(w http.ResponseWriter, status int, mediaType string, value any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}

func replyProblem(w http.ResponseWriter, status int, format string, args ...any) {
	reply(w, status, "application/problem+json",
		problem{http.StatusText(status), status, fmt.Sprintf(format, args...)})
}

func decode(w http.ResponseWriter, r *http.Request, n *note) bool {
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t != "application/json" {
		replyProblem(w, http.StatusUnsupportedMediaType, "the content type is not application/json")
		return false
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMax)).Decode(n)
	var syntax *json.SyntaxError
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		replyProblem(w, http.StatusBadRequest, "%v", err)
	case errors.As(err, &tooLong):
		replyProblem(w, http.StatusRequestEntityTooLarge, "the body is too long")
	case err != nil:
		replyProblem(w, http.StatusUnprocessableEntity, "%v", err)
	case len(n.Title) < 1 || len(n.Title) > 200:
		replyProblem(w, http.StatusUnprocessableEntity, "title must have 1 to 200 bytes")
	case len(n.Text) > 10000:
		replyProblem(w, http.StatusUnprocessableEntity, "text must have at most 10000 bytes")
	default:
		return true
	}
	return false
}

func idOf(w http.ResponseWriter, r *http.Request) (int64, bool) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || id < 1 {
		replyProblem(w, http.StatusBadRequest, "id must be an integer of at least 1")
		return 0, false
	}
	return id, true
}

func number(w http.ResponseWriter, r *http.Request, name string, preset, least, most int64) (int64, bool) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return preset, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		replyProblem(w, http.StatusBadRequest, "%s must be an integer of %d to %d", name, least, most)
		return 0, false
	}
	return n, true
}

func (s *store) list(w http.ResponseWriter, r *http.Request) {
	after, ok := number(w, r, "after", 0, 0, 1<<62)
	if !ok {
		return
	}
	limit, ok := number(w, r, "limit", 20, 1, pageMax)
	if !ok {
		return
	}
	s.lock.Lock()
	from := s.all[s.firstFrom(after+1):]
	if int64(len(from)) > limit {
		from = from[:limit]
	}
	found := append(make([]note, 0, len(from)), from...)
	s.lock.Unlock()
	reply(w, http.StatusOK, "application/json", page{found})
}

func (s *store) add(w http.ResponseWriter, r *http.Request) {
	var n note
	if !decode(w, r, &n) {
		return
	}
	s.lock.Lock()
	s.lastID++
	n.ID = s.lastID
	s.all = append(s.all, n)
	s.lock.Unlock()
	w.Header().Set("Location", "/notes/"+strconv.FormatInt(n.ID, 10))
	reply(w, http.StatusCreated, "application/json", &n)
}

// one does what it is given with the note of the path, and replies with what comes of it.
func (s *store) one(w http.ResponseWriter, id int64, do func(i int) note) {
	var n note
	s.lock.Lock()
	i := s.find(id)
	if i >= 0 {
		n = do(i)
	}
	s.lock.Unlock()
	if i < 0 {
		replyProblem(w, http.StatusNotFound, "no note %d", id)
		return
	}
	reply(w, http.StatusOK, "application/json", &n)
}

func (s *store) get(w http.ResponseWriter, r *http.Request) {
	if id, ok := idOf(w, r); ok {
		s.one(w, id, func(i int) note { return s.all[i] })
	}
}

func (s *store) replace(w http.ResponseWriter, r *http.Request) {
	var n note
	id, ok := idOf(w, r)
	if !ok || !decode(w, r, &n) {
		return
	}
	n.ID = id
	s.one(w, id, func(i int) note {
		s.all[i] = n
		return n
	})
}

func (s *store) delete(w http.ResponseWriter, r *http.Request) {
	if id, ok := idOf(w, r); ok {
		s.one(w, id, func(i int) note {
			was := s.all[i]
			s.all = append(s.all[:i], s.all[i+1:]...)
			return was
		})
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "peer-crud-go HOST:PORT")
		os.Exit(2)
	}
	s := &store{}
	router := chi.NewRouter()
	router.Get("/notes", s.list)
	router.Post("/notes", s.add)
	router.Get("/notes/{id}", s.get)
	router.Put("/notes/{id}", s.replace)
	router.Delete("/notes/{id}", s.delete)
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("http://%s/\n", listener.Addr())
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	server := &http.Server{Handler: router}
	go server.Serve(listener)
	<-stop.Done()
	server.Shutdown(context.Background())
}
