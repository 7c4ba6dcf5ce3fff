package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func engine(t *testing.T, args ...string) (*httptest.Server, *server) {
	t.Helper()
	p, err := readParser(data + "main/resources/dev/ringfence/vllm/0.33.0.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := p.parse(append([]string{"/model", "--max-model-len=64"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	c, err := configure("0.33.0", parsed)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(c)
	h := httptest.NewServer(s.handler())
	t.Cleanup(h.Close)
	return h, s
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	r, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(all)
}

func ask(prompt string) string {
	text, _ := json.Marshal(prompt)
	return `{"model":"m","messages":[{"role":"user","content":` + string(text) + `}]}`
}

func TestAnswersAndReportsWhatItWasGiven(t *testing.T) {
	h, s := engine(t, "--served-model-name", "m", "n", "--no-enable-prefix-caching", "--gpu-mem=0.5")
	status, body := post(t, h.URL+"/v1/chat/completions", ask("2+3="))
	if status != 200 || !strings.Contains(body, "is 5.") {
		t.Errorf("%d %s", status, body)
	}
	var out bytes.Buffer
	s.metrics.write(&out, "m", s.cacheConfig())
	for _, want := range []string{`enable_prefix_caching="False"`, `gpu_memory_utilization="0.5"`, `finished_reason="stop"} 1.0`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, &out)
		}
	}
	if status, _ := post(t, h.URL+"/v1/chat/completions", ask(strings.Repeat("word ", 64))); status != 400 {
		t.Errorf("a prompt that fills the context: %d", status)
	}
}

func TestPrefixCacheHitsOnlyWhereOneIsOn(t *testing.T) {
	long := strings.Repeat("word ", 40)
	for flag, hits := range map[string]int{"--enable-prefix-caching": 32, "--no-enable-prefix-caching": 0} {
		h, s := engine(t, "--served-model-name=m", flag)
		for range 2 {
			post(t, h.URL+"/v1/chat/completions", ask(long))
		}
		if s.metrics.prefixHits != hits {
			t.Errorf("%s: %d hits", flag, s.metrics.prefixHits)
		}
	}
}

func TestStreamsAndCountsWhatIsAborted(t *testing.T) {
	h, s := engine(t, "--served-model-name=m")
	ctx, cancel := context.WithCancel(context.Background())
	body := strings.Replace(ask("stand-in: tokens 60"), "{", `{"stream":true,`, 1)
	r, err := http.NewRequestWithContext(ctx, "POST", h.URL+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if line, err := bufio.NewReader(answer.Body).ReadString('\n'); err != nil || !strings.HasPrefix(line, "data: {") {
		t.Fatalf("%q %v", line, err)
	}
	cancel()
	for range 200 {
		s.metrics.mutex.Lock()
		aborted, running := s.metrics.finished["abort"], s.metrics.running
		s.metrics.mutex.Unlock()
		if aborted == 1 && running == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("no abort was counted")
}

func TestHangsWithItsHealth(t *testing.T) {
	h, _ := engine(t, "--served-model-name=m")
	answered := make(chan time.Time, 1)
	begin := time.Now()
	go func() {
		r, err := http.Post(h.URL+"/v1/chat/completions", "application/json", strings.NewReader(ask("stand-in: hang 1")))
		if err == nil {
			_ = r.Body.Close()
		}
		answered <- time.Now()
	}()
	time.Sleep(200 * time.Millisecond)
	r, err := http.Get(h.URL + "/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if time.Since(begin) < 900*time.Millisecond {
		t.Error("/health answered while the engine hung")
	}
	<-answered
}

func TestKnowsItsServedNames(t *testing.T) {
	for name, good := range map[string]bool{"stand-in/load/20": true, "stand-in/oom": true, "stand-in/load": false, "stand-in/other": false} {
		if _, err := behaviourOf([]string{name}); (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
