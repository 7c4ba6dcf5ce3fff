package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

type server struct {
	*config
	metrics *metrics
	count   atomic.Int64
	started int64
}

func newServer(c *config) *server {
	return &server{config: c, metrics: newMetrics(), started: time.Now().Unix()}
}

// Whatever a real engine answers without a key, so that a test sees what only a guard keeps shut.
var internals = []string{
	"GET /load", "GET /kv_event_sources", "POST /invocations", "POST /v1/chat/completions/render",
	"POST /v1/completions/render", "POST /generative_scoring", "POST /scale_elastic_ep",
	"POST /is_scaling_elastic_ep", "POST /inference/v1/generate", "POST /inference/v1/abort_requests",
	"POST /detokenize",
}

// Opened by VLLM_SERVER_DEV_MODE=1.
var devInternals = []string{"GET /server_info", "POST /collective_rpc", "POST /sleep", "POST /reset_prefix_cache"}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	ok := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	mux.HandleFunc("GET /health", ok)
	mux.HandleFunc("GET /ping", ok)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, map[string]any{"version": s.behaviour.reportedVersion(s.version)})
	})
	mux.HandleFunc("GET /v1/models", s.models)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		s.metrics.write(w, s.served[0], s.cacheConfig())
	})
	if s.arguments.last("--runner", "") == "pooling" {
		mux.HandleFunc("POST /v1/embeddings", s.embeddings)
	} else {
		for _, d := range dialects {
			mux.HandleFunc("POST "+d.path, func(w http.ResponseWriter, r *http.Request) { s.generate(w, r, d) })
		}
	}
	mux.HandleFunc("POST /tokenize", s.tokenize)
	if !s.arguments.on("--disable-fastapi-docs", false) {
		mux.HandleFunc("GET /docs", ok)
		mux.HandleFunc("GET /openapi.json", ok)
	}
	paths := slices.Clone(internals)
	if os.Getenv("VLLM_SERVER_DEV_MODE") == "1" {
		paths = append(paths, devInternals...)
	}
	for _, path := range paths {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, map[string]any{}) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.behaviour.wait()
		if key := s.arguments.last("--api-key", os.Getenv("VLLM_API_KEY")); key != "" &&
			strings.HasPrefix(r.URL.Path, "/v1") && r.Header.Get("Authorization") != "Bearer "+key {
			reply(w, http.StatusUnauthorized, map[string]any{"error": "Unauthorized"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, format string, values ...any) {
	reply(w, status, map[string]any{"error": map[string]any{
		"message": fmt.Sprintf(format, values...), "type": "BadRequestError", "param": nil, "code": status}})
}

func (s *server) models(w http.ResponseWriter, _ *http.Request) {
	root, length := s.folder, s.maxModelLen
	switch s.behaviour.names["attest"] {
	case "root":
		root = "/somewhere/else"
	case "max_model_len":
		length = 2 * s.maxModelLen
	}
	data := []any{}
	for _, name := range s.served {
		data = append(data, map[string]any{"id": name, "object": "model", "created": s.started,
			"owned_by": "vllm", "root": root, "parent": nil, "max_model_len": length})
	}
	reply(w, 200, map[string]any{"object": "list", "data": data})
}

// read takes a request; nil after an error answer.
func (s *server) read(w http.ResponseWriter, r *http.Request) *request {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	var req request
	if err := json.Unmarshal(body, &req); err != nil {
		refuse(w, 400, "%v", err)
		return nil
	}
	if !slices.Contains(s.served, req.Model) && os.Getenv("VLLM_SKIP_MODEL_NAME_VALIDATION") != "1" {
		refuse(w, 404, "The model `%s` does not exist.", req.Model)
		return nil
	}
	// Where vLLM would print a prompt, so does this: a test that looks for one can fail.
	if s.arguments.on("--enable-log-requests", false) {
		log.Printf("Received request: prompt: %q", req.prompt())
	} else if os.Getenv("VLLM_LOGGING_LEVEL") == "DEBUG" {
		log.Printf("DEBUG request: %s", body)
	}
	if !s.arguments.on("--disable-uvicorn-access-log", false) {
		log.Printf("%s %s", r.Method, r.URL.Path)
	}
	return &req
}

func (s *server) tokenize(w http.ResponseWriter, r *http.Request) {
	if req := s.read(w, r); req != nil {
		numbers := []int{}
		for i := range tokens(req.prompt()) {
			numbers = append(numbers, i)
		}
		reply(w, 200, map[string]any{"count": len(numbers), "max_model_len": s.maxModelLen, "tokens": numbers})
	}
}

func (s *server) embeddings(w http.ResponseWriter, r *http.Request) {
	req := s.read(w, r)
	if req == nil {
		return
	}
	data, count := []any{}, 0
	for i, input := range req.Input {
		count += len(tokens(input))
		vector := []float64{}
		for _, b := range sha256.Sum256([]byte(input)) {
			vector = append(vector, float64(b)/255-0.5)
		}
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": vector})
	}
	reply(w, 200, map[string]any{"object": "list", "model": req.Model, "data": data,
		"usage": map[string]any{"prompt_tokens": count, "total_tokens": count}})
}

// Time between two tokens.
const pace = 5 * time.Millisecond

// generate answers one request of any of the dialects, whole or as events.
func (s *server) generate(w http.ResponseWriter, r *http.Request, d dialect) {
	req := s.read(w, r)
	if req == nil {
		return
	}
	prompt := tokens(req.prompt())
	budget, err := s.budget(req, len(prompt))
	if err != nil {
		refuse(w, 400, "%v", err)
		return
	}
	o := orderOf(req.prompt())
	s.behaviour.obey(o)
	said, reason := cut(s.say(req.prompt(), o), budget, req.Stop)
	s.metrics.started(prompt, s.arguments.on("--enable-prefix-caching", true), req.CacheSalt)
	a := &answer{id: fmt.Sprintf("stand-in-%d", s.count.Add(1)), model: req.Model, created: time.Now().Unix(),
		said: said, reason: reason, prompt: len(prompt), choices: req.choices(),
		usage: req.StreamOptions != nil && req.StreamOptions.IncludeUsage || s.arguments.on("--enable-force-include-usage", false)}
	done := 0
	send := func(string, any) {}
	if req.Stream {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		flusher := w.(http.Flusher)
		send = func(event string, body any) {
			if event != "" {
				fmt.Fprintf(w, "event: %s\n", event)
			}
			line, _ := json.Marshal(body)
			fmt.Fprintf(w, "data: %s\n\n", line)
			flusher.Flush()
		}
		d.begin(a, send)
	}
	for _, token := range said {
		select {
		case <-r.Context().Done():
			s.metrics.ended(done, "abort")
			return
		case <-time.After(pace):
		}
		if req.Stream {
			d.token(a, token, send)
		}
		done++
	}
	s.metrics.ended(done*a.choices, reason)
	if req.Stream {
		d.end(a, send)
		if d.done {
			_, _ = io.WriteString(w, "data: [DONE]\n\n")
		}
		return
	}
	reply(w, 200, d.whole(a))
}
