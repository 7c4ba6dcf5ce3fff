package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const data = "../../operator/src/"

// What vLLM's own parser class made of command lines: tools/vllm/argparse_cases.py wrote them.
func TestReadsWhatVllmReads(t *testing.T) {
	files, _ := filepath.Glob(data + "test/resources/dev/ringfence/vllm/argparse-*.json")
	if len(files) < 6 {
		t.Fatalf("%d files of cases", len(files))
	}
	for _, file := range files {
		version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "argparse-"), ".json")
		t.Run(version, func(t *testing.T) { agrees(t, file, version) })
	}
}

func agrees(t *testing.T, file, version string) {
	p, err := readParser(data + "main/resources/dev/ringfence/vllm/" + version + ".json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases [][2]json.RawMessage }
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, c := range golden.Cases {
		var args []string
		var want map[string]any
		if json.Unmarshal(c[0], &args) != nil || json.Unmarshal(c[1], &want) != nil {
			t.Fatalf("unreadable case %s", c)
		}
		got := folded(p, args)
		if want != nil {
			taken++
			want = normal(want).(map[string]any)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n want %v\n got  %v", c[0], want, got)
		}
	}
	if taken < 120 {
		t.Errorf("only %d command lines that vLLM takes", taken)
	}
}

func folded(p *parser, args []string) map[string]any {
	out, err := p.parse(args)
	if err != nil {
		return nil
	}
	result := map[string]any{}
	for name, values := range out {
		switch {
		case name == "model":
			result[name] = values[0]
		case p.names[name].argument.takesValue():
			list := []any{}
			for _, v := range values {
				list = append(list, v)
			}
			result[name] = list
		default:
			result[name] = values[0] == "True"
		}
	}
	return normal(result).(map[string]any)
}

// JSON inside a text compares by what it says: Python writes other blanks.
func normal(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case string:
		var read map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &read) == nil {
			return fmt.Sprint(read)
		}
	}
	return value
}
