package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// What is counted, under vLLM's names.
type metrics struct {
	mutex           sync.Mutex
	running         int
	promptTokens    int
	generatedTokens int
	finished        map[string]int // by reason: stop, length, abort
	prefixQueries   int
	prefixHits      int
	cachedBlocks    map[uint64]bool
}

func newMetrics() *metrics {
	return &metrics{finished: map[string]int{"stop": 0, "length": 0, "abort": 0}, cachedBlocks: map[uint64]bool{}}
}

func (m *metrics) started(prompt []string, caching bool, salt string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.running++
	m.promptTokens += len(prompt)
	if !caching {
		return
	}
	// As vLLM does it: whole blocks of 16 tokens, each hashed with all before it; the salt is in
	// the first.
	const block = 16
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, salt)
	m.prefixQueries += len(prompt)
	hit := true
	for i := 0; i+block <= len(prompt); i += block {
		_, _ = io.WriteString(hash, strings.Join(prompt[i:i+block], "\x00"))
		key := hash.Sum64()
		hit = hit && m.cachedBlocks[key]
		if hit {
			m.prefixHits += block
		}
		m.cachedBlocks[key] = true
	}
}

func (m *metrics) ended(tokens int, reason string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.running--
	m.generatedTokens += tokens
	m.finished[reason]++
}

func (m *metrics) write(w io.Writer, model string, cacheConfig map[string]string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var info []string
	for _, k := range slices.Sorted(maps.Keys(cacheConfig)) {
		info = append(info, fmt.Sprintf("%s=%q", k, cacheConfig[k]))
	}
	fmt.Fprintf(w, "# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig\n# TYPE vllm:cache_config_info gauge\nvllm:cache_config_info{%s} 1.0\n", strings.Join(info, ","))
	of := fmt.Sprintf("engine=\"0\",model_name=%q", model)
	one := func(kind, name string, value int) {
		fmt.Fprintf(w, "# TYPE vllm:%s %s\nvllm:%s{%s} %d.0\n", name, kind, name, of, value)
	}
	one("gauge", "num_requests_running", m.running)
	one("gauge", "num_requests_waiting", 0)
	fmt.Fprintf(w, "# TYPE vllm:kv_cache_usage_perc gauge\nvllm:kv_cache_usage_perc{%s} %g\n", of, float64(min(m.running, 64))/64)
	one("counter", "prompt_tokens_total", m.promptTokens)
	one("counter", "generation_tokens_total", m.generatedTokens)
	one("counter", "prefix_cache_queries_total", m.prefixQueries)
	one("counter", "prefix_cache_hits_total", m.prefixHits)
	fmt.Fprint(w, "# TYPE vllm:request_success_total counter\n")
	for _, reason := range slices.Sorted(maps.Keys(m.finished)) {
		fmt.Fprintf(w, "vllm:request_success_total{%s,finished_reason=%q} %d.0\n", of, reason, m.finished[reason])
	}
	// Not vLLM's own names: what else is in the process.
	fmt.Fprint(w, "# TYPE process_open_fds gauge\nprocess_open_fds 7.0\n")
}
