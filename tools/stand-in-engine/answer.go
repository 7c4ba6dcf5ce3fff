package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A request as far as the stand-in reads it. Unknown fields are accepted in silence, as vLLM does.
type request struct {
	Model               string         `json:"model"`
	Messages            []message      `json:"messages"`
	Prompt              text           `json:"prompt"`
	Input               text           `json:"input"`
	System              text           `json:"system"`
	MaxTokens           *int           `json:"max_tokens"`
	MaxCompletionTokens *int           `json:"max_completion_tokens"`
	MaxOutputTokens     *int           `json:"max_output_tokens"`
	N                   *int           `json:"n"`
	Stop                text           `json:"stop"`
	Stream              bool           `json:"stream"`
	StreamOptions       *streamOptions `json:"stream_options"`
	CacheSalt           string         `json:"cache_salt"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type message struct {
	Role    string `json:"role"`
	Content text   `json:"content"`
}

// The whole prompt as one text.
func (r *request) prompt() string {
	var all []string
	all = append(all, r.System...)
	for _, m := range r.Messages {
		all = append(all, m.Content...)
	}
	all = append(all, r.Prompt...)
	all = append(all, r.Input...)
	return strings.Join(all, "\n")
}

func (r *request) choices() int {
	if r.N == nil || *r.N < 1 {
		return 1
	}
	return *r.N
}

// How many tokens an answer may have: what is asked, within the context and the engine's own cap.
func (c *config) budget(r *request, prompt int) (int, error) {
	budget := c.maxModelLen - prompt
	if budget < 1 {
		return 0, fmt.Errorf("This model's maximum context length is %d tokens. However, your request has %d input tokens.", c.maxModelLen, prompt)
	}
	for _, asked := range []*int{r.MaxTokens, r.MaxCompletionTokens, r.MaxOutputTokens} {
		if asked == nil {
			continue
		}
		if *asked < 1 || *asked > c.maxModelLen {
			return 0, fmt.Errorf("max_tokens=%d cannot be greater than max_model_len=%d", *asked, c.maxModelLen)
		}
		budget = min(budget, *asked)
	}
	if c.outputCap > 0 {
		budget = min(budget, c.outputCap)
	}
	return budget, nil
}

var sum = regexp.MustCompile(`(\d{1,9})\s*\+\s*(\d{1,9})\s*=`)

// What the engine says, token by token; one token is a word with the blank before it.
func (c *config) say(prompt string, o order) []string {
	said := "This is the stand-in engine: no model was asked."
	if m := sum.FindStringSubmatch(prompt); m != nil {
		a, _ := strconv.Atoi(m[1])
		b, _ := strconv.Atoi(m[2])
		said = fmt.Sprintf("%s + %s is %d.", m[1], m[2], a+b)
	}
	if _, there := c.behaviour.names["smoke-wrong"]; there {
		// As a broken quantization sounds.
		said = strings.TrimSpace(strings.Repeat("!!! ", 12))
	}
	if o.word == "tokens" {
		words := make([]string, o.number)
		for i := range words {
			words[i] = strconv.Itoa(i)
		}
		said = strings.Join(words, " ")
	}
	return tokens(said)
}

func tokens(text string) []string {
	words := strings.Fields(text)
	for i := 1; i < len(words); i++ {
		words[i] = " " + words[i]
	}
	return words
}

// cut applies the budget and the stop texts; the reason is OpenAI's.
func cut(said []string, budget int, stops []string) ([]string, string) {
	reason := "stop"
	if len(said) > budget {
		said, reason = said[:budget], "length"
	}
	whole := strings.Join(said, "")
	for _, stop := range stops {
		if before, _, there := strings.Cut(whole, stop); stop != "" && there {
			whole, reason = before, "stop"
		}
	}
	if len(whole) == len(strings.Join(said, "")) {
		return said, reason
	}
	return tokens(whole), reason
}
