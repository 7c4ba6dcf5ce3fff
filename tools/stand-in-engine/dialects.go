package main

import "strings"

// An answer before it takes the form of an API.
type answer struct {
	id, model, reason string
	created           int64
	said              []string
	prompt, choices   int
	usage             bool // whether a stream ends with the usage
}

func (a *answer) text() string { return strings.Join(a.said, "") }

func (a *answer) openAiUsage() map[string]any {
	n := len(a.said) * a.choices
	return map[string]any{"prompt_tokens": a.prompt, "completion_tokens": n, "total_tokens": a.prompt + n}
}

func (a *answer) otherUsage() map[string]any {
	n := len(a.said)
	return map[string]any{"input_tokens": a.prompt, "output_tokens": n, "total_tokens": a.prompt + n}
}

func (a *answer) object(kind string, choices []any) map[string]any {
	return map[string]any{"id": a.id, "object": kind, "created": a.created, "model": a.model, "choices": choices}
}

func (a *answer) each(choice func(index int) any) []any {
	all := []any{}
	for i := range a.choices {
		all = append(all, choice(i))
	}
	return all
}

type sender = func(event string, body any)

// One API in which answers are given.
type dialect struct {
	path  string
	whole func(*answer) any
	begin func(*answer, sender)
	token func(*answer, string, sender)
	end   func(*answer, sender)
	done  bool // whether a stream ends with [DONE]
}

var dialects = []dialect{chat, completions, responses, messages}

var chat = dialect{
	path: "/v1/chat/completions",
	whole: func(a *answer) any {
		body := a.object("chat.completion", a.each(func(i int) any {
			return map[string]any{"index": i, "finish_reason": a.reason, "logprobs": nil,
				"message": map[string]any{"role": "assistant", "content": a.text()}}
		}))
		body["usage"] = a.openAiUsage()
		return body
	},
	begin: func(a *answer, send sender) {
		send("", chatChunk(a, map[string]any{"role": "assistant", "content": ""}, nil))
	},
	token: func(a *answer, t string, send sender) { send("", chatChunk(a, map[string]any{"content": t}, nil)) },
	end: func(a *answer, send sender) {
		send("", chatChunk(a, map[string]any{}, a.reason))
		endUsage(a, "chat.completion.chunk", send)
	},
	done: true,
}

func chatChunk(a *answer, delta map[string]any, reason any) any {
	return a.object("chat.completion.chunk", a.each(func(i int) any {
		return map[string]any{"index": i, "delta": delta, "logprobs": nil, "finish_reason": reason}
	}))
}

func endUsage(a *answer, kind string, send sender) {
	if a.usage {
		body := a.object(kind, []any{})
		body["usage"] = a.openAiUsage()
		send("", body)
	}
}

var completions = dialect{
	path: "/v1/completions",
	whole: func(a *answer) any {
		body := completion(a, a.text(), a.reason)
		body["usage"] = a.openAiUsage()
		return body
	},
	begin: func(*answer, sender) {},
	token: func(a *answer, t string, send sender) { send("", completion(a, t, nil)) },
	end: func(a *answer, send sender) {
		send("", completion(a, "", a.reason))
		endUsage(a, "text_completion", send)
	},
	done: true,
}

func completion(a *answer, text string, reason any) map[string]any {
	return a.object("text_completion", a.each(func(i int) any {
		return map[string]any{"index": i, "text": text, "logprobs": nil, "finish_reason": reason}
	}))
}

var responses = dialect{
	path:  "/v1/responses",
	whole: func(a *answer) any { return response(a, "completed") },
	begin: func(a *answer, send sender) {
		event(send, "response.created", map[string]any{"response": response(a, "in_progress")})
	},
	token: func(a *answer, t string, send sender) {
		event(send, "response.output_text.delta", map[string]any{"item_id": a.id, "output_index": 0, "content_index": 0, "delta": t})
	},
	end: func(a *answer, send sender) {
		event(send, "response.completed", map[string]any{"response": response(a, "completed")})
	},
}

func event(send sender, kind string, body map[string]any) {
	body["type"] = kind
	send(kind, body)
}

func response(a *answer, status string) map[string]any {
	output := []any{}
	body := map[string]any{"id": a.id, "object": "response", "created_at": a.created, "model": a.model, "status": status}
	if status == "completed" {
		output = append(output, map[string]any{"type": "message", "id": a.id, "role": "assistant", "status": status,
			"content": []any{map[string]any{"type": "output_text", "text": a.text(), "annotations": []any{}}}})
		body["usage"] = a.otherUsage()
	}
	body["output"] = output
	return body
}

var messages = dialect{
	path: "/v1/messages",
	whole: func(a *answer) any {
		body := anthropic(a)
		body["content"] = []any{map[string]any{"type": "text", "text": a.text()}}
		body["stop_reason"] = anthropicReason(a)
		return body
	},
	begin: func(a *answer, send sender) {
		event(send, "message_start", map[string]any{"message": anthropic(a)})
		event(send, "content_block_start", map[string]any{"index": 0, "content_block": map[string]any{"type": "text", "text": ""}})
	},
	token: func(_ *answer, t string, send sender) {
		event(send, "content_block_delta", map[string]any{"index": 0, "delta": map[string]any{"type": "text_delta", "text": t}})
	},
	end: func(a *answer, send sender) {
		event(send, "content_block_stop", map[string]any{"index": 0})
		event(send, "message_delta", map[string]any{"delta": map[string]any{"stop_reason": anthropicReason(a)}, "usage": a.otherUsage()})
		event(send, "message_stop", map[string]any{})
	},
}

func anthropic(a *answer) map[string]any {
	return map[string]any{"id": a.id, "type": "message", "role": "assistant", "model": a.model,
		"content": []any{}, "stop_reason": nil, "usage": a.otherUsage()}
}

func anthropicReason(a *answer) string {
	if a.reason == "length" {
		return "max_tokens"
	}
	return "end_turn"
}
