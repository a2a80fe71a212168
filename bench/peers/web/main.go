// SPDX-License-Identifier: MIT
// The routers httprouter and chi on the routes and paths of edo-bench-web-routes: what a look-up costs,
// without the handler's work. httprouter is asked by Lookup; chi, which has none, by Match.
//
//	peer-web-routes httprouter|chi [ROUTES [OPERATIONS]]
package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi"
	"github.com/julienschmidt/httprouter"
)

var routes = []string{"/api/v1/%s", "/api/v1/%s/{id}", "/api/v1/%s/{id}/items",
	"/api/v1/%s/{id}/items/{item}", "/api/v1/%s/{id}/items/{item}/history"}
var asked = []string{"/api/v1/%s", "/api/v1/%s/4711", "/api/v1/%s/4711/items",
	"/api/v1/%s/4711/items/17", "/api/v1/%s/4711/items/17/history"}
var words = []string{"users", "orders", "invoices", "teams", "repositories",
	"tickets", "events", "notes", "devices", "payments"}

func number(i int, otherwise int) int {
	if len(os.Args) <= i {
		return otherwise
	}
	n, err := strconv.Atoi(os.Args[i])
	if err != nil || n < 1 {
		os.Exit(2)
	}
	return n
}

func main() {
	if len(os.Args) < 2 {
		os.Exit(2)
	}
	routesN, n := number(2, 500), number(3, 1000000)
	paths := make([]string, routesN)
	h, c := httprouter.New(), chi.NewRouter()
	for i := range paths {
		name := fmt.Sprintf("%s-%d", words[i/5%10], i/5)
		route := fmt.Sprintf(routes[i%5], name)
		paths[i] = fmt.Sprintf(asked[i%5], name)
		c.Get(route, func(http.ResponseWriter, *http.Request) {})
		route = strings.NewReplacer("{", ":", "}", "").Replace(route)
		h.GET(route, func(http.ResponseWriter, *http.Request, httprouter.Params) {})
	}
	random, captures := uint32(12345), 0
	context := chi.NewRouteContext()
	begin := time.Now()
	for i := 0; i < n; i++ {
		random = random*1664525 + 1013904223
		path := paths[(random>>8)%uint32(routesN)]
		if os.Args[1] == "chi" {
			context.Reset()
			if !c.Match(context, "GET", path) {
				panic(path)
			}
			captures += len(context.URLParams.Keys)
			continue
		}
		handle, params, _ := h.Lookup("GET", path)
		if handle == nil {
			panic(path)
		}
		captures += len(params)
	}
	ns := float64(time.Since(begin).Nanoseconds()) / float64(n)
	fmt.Printf("%.1f ns a look-up among %d routes, %.2f captures\n", ns, routesN, float64(captures)/float64(n))
}
