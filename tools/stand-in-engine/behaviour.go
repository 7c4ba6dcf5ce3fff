package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Misbehaviour on request, through doors that lead to a real engine too, so that a test needs no
// other: a served name `stand-in/WORD[/VALUE]` says how the engine starts and what it reports, a
// prompt `stand-in: WORD [VALUE]` what it does to one request. README.md lists the words.
type behaviour struct {
	names map[string]string // word to value
	held  sync.RWMutex      // held for writing while the engine hangs
}

const prefix = "stand-in/"

var nameWords = map[string]string{
	"attest": "label", "die-after": "seconds", "exit": "code", "load": "seconds",
	"oom": "", "refuse": "", "smoke-wrong": "", "version": "version",
}

func behaviourOf(served []string) (*behaviour, error) {
	b := &behaviour{names: map[string]string{}}
	for _, name := range served {
		rest, mine := strings.CutPrefix(name, prefix)
		if !mine {
			continue
		}
		word, value, _ := strings.Cut(rest, "/")
		if wants, known := nameWords[word]; !known || (wants == "") != (value == "") {
			return nil, fmt.Errorf("the stand-in engine does not know the served name %s", name)
		}
		b.names[word] = value
	}
	return b, nil
}

func (b *behaviour) number(word string) (int, bool) {
	value, there := b.names[word]
	n, err := strconv.Atoi(value)
	return n, there && err == nil
}

func (b *behaviour) beforeLoading() {
	if _, there := b.names["refuse"]; there {
		fatal(1, "RuntimeError: Engine core initialization failed (asked for by a served name)")
	}
	if code, there := b.number("exit"); there {
		os.Exit(code)
	}
	if _, there := b.names["oom"]; there {
		useAllMemory()
	}
	if seconds, there := b.number("load"); there {
		log.Printf("Loading takes %d s", seconds)
		time.Sleep(time.Duration(seconds) * time.Second)
	}
}

func (b *behaviour) afterLoading() {
	if seconds, there := b.number("die-after"); there {
		time.AfterFunc(time.Duration(seconds)*time.Second, func() { fatal(1, "EngineDeadError") })
	}
}

// Other values than those it was given, for attestation to find. "label=value" would not be a
// served name: the label alone is named, and its value is the unsafe one.
func (b *behaviour) lie(labels map[string]string) {
	unsafe := map[string]string{
		"enable_prefix_caching": "True", "gpu_memory_utilization": "0.99",
		"kv_cache_memory_bytes": "1073741824", "kv_offloading_size": "4.0", "num_cpu_blocks": "512",
	}
	if label := b.names["attest"]; unsafe[label] != "" {
		labels[label] = unsafe[label]
	}
}

func (b *behaviour) reportedVersion(actual string) string {
	if other, there := b.names["version"]; there {
		return other
	}
	return actual
}

// Touches memory until the kernel ends the process.
func useAllMemory() {
	log.Print("Using all memory")
	var all [][]byte
	for {
		block := make([]byte, 16<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		all = append(all, block)
		_ = all
	}
}

// An order in a prompt.
type order struct {
	word   string
	number int
}

func orderOf(prompt string) order {
	_, rest, there := strings.Cut(prompt, "stand-in: ")
	if !there {
		return order{}
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return order{}
	}
	o := order{word: words[0]}
	if len(words) > 1 {
		o.number, _ = strconv.Atoi(words[1])
	}
	return o
}

// obey does what concerns the whole engine; true when the request goes on.
func (b *behaviour) obey(o order) {
	switch o.word {
	case "die":
		fatal(1, "EngineDeadError: asked for by a prompt")
	case "oom":
		useAllMemory()
	case "hang":
		b.hang(o.number)
	case "slow":
		time.Sleep(time.Duration(o.number) * time.Second)
	}
}

// hang leaves every request unanswered, /health too, as vLLM with a stuck core does; 0 is for good.
func (b *behaviour) hang(seconds int) {
	log.Print("Hanging")
	b.held.Lock()
	if seconds == 0 {
		select {}
	}
	time.Sleep(time.Duration(seconds) * time.Second)
	b.held.Unlock()
}

func (b *behaviour) wait() {
	b.held.RLock()
	b.held.RUnlock() //nolint:staticcheck // an empty section: it is the waiting that counts
}
