package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
)

// An argument of vLLM's parser, as the tables of a version declare it.
type argument struct {
	Names     []string `json:"names"`
	Negations []string `json:"negations"`
	Kind      string   `json:"kind"`  // value, boolean, flag or append
	Type      string   `json:"type"`  // int, float, humanInt, humanIntOrAuto, json; else text
	Nargs     string   `json:"nargs"` // "+", "?" or nothing
	Choices   []string `json:"choices"`
}

func (a *argument) takesValue() bool { return a.Kind != "boolean" && a.Kind != "flag" }

type named struct {
	argument *argument
	negated  bool
}

// The parser of one version of vLLM: FlexibleArgumentParser on top of Python 3.12's argparse with
// abbreviations on. Held against what vLLM's own parser class made of some 400 command lines per
// version (arguments_test.go).
type parser struct {
	names map[string]named
	order []string
}

// What the command line says. Values are as they came; a boolean's only value is "True" or "False".
type parsed map[string][]string

func (p parsed) last(name, otherwise string) string {
	if v := p[name]; len(v) > 0 {
		return v[len(v)-1]
	}
	return otherwise
}

func (p parsed) on(name string, otherwise bool) bool {
	if v, there := p[name]; there {
		return v[0] == "True"
	}
	return otherwise
}

func readParser(file string) (*parser, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var table struct {
		Arguments []*argument `json:"arguments"`
	}
	if err := json.Unmarshal(text, &table); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	p := &parser{names: map[string]named{}}
	help := &argument{Names: []string{"--help", "-h"}, Kind: "flag"}
	for _, a := range append([]*argument{help}, table.Arguments...) {
		for _, n := range a.Names {
			p.names[n] = named{a, false}
			p.order = append(p.order, n)
		}
		for _, n := range a.Negations {
			p.names[n] = named{a, true}
			p.order = append(p.order, n)
		}
	}
	return p, nil
}

var errHelp = errors.New("help")

type found struct {
	named
	explicit *string
}

// parse reads what follows `vllm serve`, as argparse does: every element is looked at before the
// first one is taken.
func (p *parser) parse(args []string) (parsed, error) {
	tokens, err := joinDotted(plainNames(args))
	if err != nil {
		return nil, err
	}
	options := make([]*found, len(tokens)) // nil: a word
	words := false
	for i, t := range tokens {
		if !words {
			if options[i], err = p.resolve(t); err != nil {
				return nil, err
			}
		}
		words = words || t == "--"
	}
	out := parsed{}
	for i := 0; i < len(tokens); {
		o := options[i]
		switch {
		case o == nil && tokens[i] == "--":
			i++
		case o == nil:
			if _, there := out["model"]; there {
				return nil, fmt.Errorf("unrecognized arguments: %s", tokens[i])
			}
			out["model"] = []string{tokens[i]}
			i++
		default:
			next, err := take(out, o, tokens, options, i)
			if err != nil {
				return nil, err
			}
			i = next
		}
	}
	return out, nil
}

func take(out parsed, o *found, tokens []string, options []*found, i int) (int, error) {
	a, next := o.argument, i+1
	name := a.Names[0]
	if name == "--help" {
		return 0, errHelp
	}
	if !a.takesValue() {
		if o.explicit != nil {
			return 0, fmt.Errorf("argument %s: ignored explicit argument", name)
		}
		out[name] = []string{map[bool]string{true: "False", false: "True"}[o.negated]}
		return next, nil
	}
	values := []string{}
	if o.explicit != nil {
		values = append(values, *o.explicit)
	} else {
		for next < len(tokens) && options[next] == nil && tokens[next] != "--" && (a.Nargs == "+" || len(values) == 0) {
			values = append(values, tokens[next])
			next++
		}
		if len(values) == 0 && a.Nargs != "?" {
			return 0, fmt.Errorf("argument %s: expected one argument", name)
		}
	}
	for _, v := range values {
		if !converts(a, v) {
			return 0, fmt.Errorf("argument %s: invalid value", name)
		}
	}
	if a.Kind == "append" {
		values = append(slices.Clone(out[name]), values...)
	}
	out[name] = values
	return next, nil
}

var (
	negativeNumber = regexp.MustCompile(`^(-\d+|-\d*\.\d+)$`)
	pythonInt      = regexp.MustCompile(`^\s*[+-]?\d+(_\d+)*\s*$`)
	pythonFloat    = regexp.MustCompile(`^\s*[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?([eE][+-]?\d+)?|\.\d+(_\d+)*([eE][+-]?\d+)?|(?i:inf|infinity|nan))\s*$`)
	humanInt       = regexp.MustCompile(`^\s*(?:(\d+|\d+\.\d+)([kmgt])|(\d+)([KMGT])|([+-]?\d+(?:_\d+)*))\s*$`)
)

func (p *parser) resolve(element string) (*found, error) {
	if len(element) < 2 || element[0] != '-' || element == "--" {
		return nil, nil
	}
	if n, there := p.names[element]; there {
		return &found{n, nil}, nil
	}
	name, value, hasValue := strings.Cut(element, "=")
	var explicit *string
	if hasValue {
		explicit = &value
		if n, there := p.names[name]; there {
			return &found{n, explicit}, nil
		}
	}
	matches := map[string]*found{}
	for _, spelled := range p.order {
		n := p.names[spelled]
		switch {
		case strings.HasPrefix(element, "--"):
			if strings.HasPrefix(spelled, name) {
				matches[spelled] = &found{n, explicit}
			}
		case spelled == element[:2]:
			rest := element[2:]
			matches[spelled] = &found{n, &rest}
		case strings.HasPrefix(spelled, element):
			matches[spelled] = &found{n, nil}
		}
	}
	if len(matches) > 1 {
		return nil, fmt.Errorf("ambiguous option: %s could match several", name)
	}
	for _, m := range matches {
		return m, nil
	}
	if negativeNumber.MatchString(element) || strings.Contains(element, " ") {
		return nil, nil
	}
	return nil, fmt.Errorf("unrecognized arguments: %s", name)
}

func converts(a *argument, value string) bool {
	ok := true
	switch a.Type {
	case "int":
		ok = pythonInt.MatchString(value)
	case "float":
		ok = pythonFloat.MatchString(value)
	case "humanInt":
		ok = humanInt.MatchString(value)
	case "humanIntOrAuto":
		ok = humanInt.MatchString(value) || strings.EqualFold(strings.TrimSpace(value), "auto")
	case "json":
		ok = json.Valid([]byte(value))
	}
	return ok && (len(a.Choices) == 0 || slices.Contains(a.Choices, value) ||
		value == "" && slices.Contains(a.Choices, "None"))
}

// plainNames is FlexibleArgumentParser's first step: dashes for underscores in names, and -O3.
func plainNames(args []string) []string {
	out := []string{}
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "--help="):
			out = append(out, "--help")
		case strings.HasPrefix(arg, "--"):
			name, _, _ := strings.Cut(arg, "=")
			name, _, _ = strings.Cut(name, ".")
			out = append(out, strings.ReplaceAll(name, "_", "-")+arg[len(name):])
		case strings.HasPrefix(arg, "-O") && len(arg) > 2:
			out = append(out, "--optimization-level", strings.TrimPrefix(arg[2:], "="))
		case arg == "-O" && i+1 < len(args) && len(args[i+1]) == 1 && strings.Contains("0123", args[i+1]):
			out = append(out, "--optimization-level")
		default:
			out = append(out, arg)
		}
	}
	return out
}

// joinDotted is its second step: `--x.y v` and `--x.y+=a,b` become `--x JSON`.
func joinDotted(in []string) ([]string, error) {
	out, keys, joined := []string{}, []string{}, map[string]map[string]any{}
	for i := 0; i < len(in); i++ {
		name, value, hasValue := strings.Cut(in[i], "=")
		if !strings.HasPrefix(in[i], "-") || !strings.Contains(name, ".") {
			out = append(out, in[i])
			continue
		}
		if !hasValue {
			if i+1 == len(in) {
				return nil, fmt.Errorf("argument %s: expected one argument", name)
			}
			i++
			value = in[i]
		}
		var read any
		if list, isList := strings.CutSuffix(name, "+"); isList {
			name = list
			items := []any{}
			for _, item := range strings.Split(value, ",") {
				items = append(items, item)
			}
			read = items
		} else if json.Unmarshal([]byte(value), &read) != nil {
			read = humanValue(value)
		}
		path := strings.Split(name, ".")
		for k := len(path) - 1; k > 0; k-- {
			read = map[string]any{path[k]: read}
		}
		if joined[path[0]] == nil {
			joined[path[0]] = map[string]any{}
			keys = append(keys, path[0])
		}
		merge(joined[path[0]], read.(map[string]any))
	}
	for _, key := range keys {
		text, err := json.Marshal(joined[key])
		if err != nil {
			return nil, err
		}
		out = append(out, key, string(text))
	}
	return out, nil
}

func merge(original, update map[string]any) {
	for key, value := range update {
		switch u := value.(type) {
		case map[string]any:
			if o, isMap := original[key].(map[string]any); isMap {
				merge(o, u)
				continue
			}
		case []any:
			if o, isList := original[key].([]any); isList {
				original[key] = append(o, u...)
				continue
			}
		}
		original[key] = value
	}
}

// humanValue is vLLM's human_readable_int, or the text itself where that fails.
func humanValue(text string) any {
	m := humanInt.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	number, suffix, base := m[1], m[2], int64(1000)
	if m[4] != "" {
		number, suffix, base = m[3], strings.ToLower(m[4]), 1024
	}
	if suffix == "" {
		return json.Number(strings.TrimPrefix(strings.ReplaceAll(m[5], "_", ""), "+"))
	}
	value, _ := new(big.Rat).SetString(number)
	for range 1 + strings.Index("kmgt", suffix) {
		value.Mul(value, new(big.Rat).SetInt64(base))
	}
	return json.Number(new(big.Int).Quo(value.Num(), value.Denom()).String())
}
