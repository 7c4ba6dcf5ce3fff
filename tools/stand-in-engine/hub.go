package main

import (
	"crypto/subtle"
	"flag"
	"log"
	"net/http"
	"path/filepath"
	"regexp"
	"time"
)

var resolved = regexp.MustCompile(`^/[^/]+/[^/]+/resolve/[0-9a-f]{40}/([A-Za-z0-9][A-Za-z0-9._-]*)$`)

// serveHub stands in for a model hub: one repository, whatever its name and commit, with the files of
// one folder, over TLS, for those who bring the token. It says which file was asked for and whether
// with the token; the token itself it never says.
func serveHub(arguments []string) {
	log.SetPrefix("(stand-in hub, no model hub) INFO ")
	flags := flag.NewFlagSet("vllm stand-in-hub", flag.ExitOnError)
	address := flags.String("listen", ":8443", "address to listen on")
	certificate := flags.String("certificate", "", "PEM file")
	key := flags.String("key", "", "PEM file")
	folder := flags.String("files", "", "folder of the repository's files")
	token := flags.String("token", "", "the token that is asked for; empty: none")
	_ = flags.Parse(arguments)
	wanted := []byte("Bearer " + *token)
	handler := func(w http.ResponseWriter, r *http.Request) {
		found := resolved.FindStringSubmatch(r.URL.Path)
		known := *token == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), wanted) == 1
		log.Printf("%s %s token=%t", r.Method, r.URL.Path, known)
		switch {
		case !known:
			http.Error(w, "a token is needed", http.StatusUnauthorized)
		case found == nil:
			http.NotFound(w, r)
		default:
			http.ServeFile(w, r, filepath.Join(*folder, found[1]))
		}
	}
	server := &http.Server{Addr: *address, Handler: http.HandlerFunc(handler), ReadHeaderTimeout: 10 * time.Second}
	log.Printf("listening on %s", *address)
	if err := server.ListenAndServeTLS(*certificate, *key); err != nil {
		fatal(1, "%v", err)
	}
}
