package main

import (
	"encoding/json"
	"fmt"
)

// A text, several, or parts with a text each; OpenAI's APIs take all three in many places.
type text []string

func (t *text) UnmarshalJSON(data []byte) error {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*t = flatten(value)
	return nil
}

func flatten(value any) text {
	switch v := value.(type) {
	case string:
		return text{v}
	case []any:
		var all text
		for _, item := range v {
			all = append(all, flatten(item)...)
		}
		return all
	case map[string]any:
		if t, there := v["text"]; there {
			return flatten(t)
		}
		return flatten(v["content"])
	case float64:
		return text{fmt.Sprint(v)} // a token's number
	default:
		return nil
	}
}
