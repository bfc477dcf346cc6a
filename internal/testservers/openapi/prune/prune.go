package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// pruner copies what is wanted of a description.
type pruner struct {
	whole map[string]any
	kept  map[string]any // by reference: "#/components/schemas/team"
	fault error
}

// prune keeps the operations of a list, and what they refer to.
func prune(src []byte, list string) ([]byte, error) {
	p := pruner{kept: map[string]any{}}
	if err := json.Unmarshal(src, &p.whole); err != nil {
		return nil, fmt.Errorf("the description can't be read: %w", err)
	}
	paths, _ := p.whole["paths"].(map[string]any)
	kept := map[string]any{}
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		method, path, _ := strings.Cut(line, " ")
		item, _ := paths[path].(map[string]any)
		operation, ok := item[strings.ToLower(method)]
		if !ok {
			return nil, fmt.Errorf("the description has no %q", line)
		}
		into, _ := kept[path].(map[string]any)
		if into == nil {
			into = map[string]any{}
			kept[path] = into
		}
		into[strings.ToLower(method)] = p.take(operation, false)
	}
	if p.fault != nil {
		return nil, p.fault
	}
	return p.render(kept)
}

// prose is what a machine needn't know.
func prose() []string {
	return []string{"description", "summary", "example", "examples", "externalDocs", "x-github", "x-octokit", "tags", "title", "headers"}
}

// take copies v without prose, and keeps what it refers to. The keys of an object named are names of their own.
func (p *pruner) take(v any, named bool) any {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && !named {
			p.keep(ref)
		}
		out := map[string]any{}
		for k, inner := range v {
			if named || !slices.Contains(prose(), k) {
				out[k] = p.take(inner, !named && (k == "properties" || k == "responses"))
			}
		}
		if _, response := v["content"]; response && !named {
			out["description"] = "" // which OpenAPI wants of a response
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = p.take(v[i], false)
		}
		return out
	}
	return v
}

// keep takes the component that a reference names.
func (p *pruner) keep(ref string) {
	if _, ok := p.kept[ref]; ok {
		return
	}
	var at any = p.whole
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		object, _ := at.(map[string]any)
		at = object[step]
	}
	if at == nil || strings.Count(ref, "/") != 3 {
		p.fault = fmt.Errorf("the description has no component %q", ref)
		return
	}
	if strings.HasPrefix(ref, "#/components/examples/") {
		return
	}
	p.kept[ref] = nil // which ends a circle
	p.kept[ref] = p.take(at, false)
}

// render writes the description, an operation and a component a line, so that a new one shows what changed.
func (p *pruner) render(paths map[string]any) ([]byte, error) {
	components := map[string]map[string]any{}
	for ref, of := range p.kept {
		parts := strings.Split(ref, "/")
		if components[parts[2]] == nil {
			components[parts[2]] = map[string]any{}
		}
		components[parts[2]][parts[3]] = of
	}
	info, _ := p.whole["info"].(map[string]any)
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"openapi\": %q, \"info\": {\"title\": %q, \"version\": %q},\n\"paths\": {", p.whole["openapi"], info["title"], info["version"])
	err := lines(&b, paths)
	b.WriteString("},\n\"components\": {")
	for i, kind := range sorted(components) {
		fmt.Fprintf(&b, "%s\n%q: {", map[bool]string{true: ",", false: ""}[i > 0], kind)
		if err == nil {
			err = lines(&b, components[kind])
		}
		b.WriteString("}")
	}
	b.WriteString("}}\n")
	return b.Bytes(), err
}

func lines(b *bytes.Buffer, of map[string]any) error {
	for i, name := range sorted(of) {
		text, err := json.Marshal(of[name])
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s\n%q: %s", map[bool]string{true: ",", false: ""}[i > 0], name, text)
	}
	return nil
}

func sorted[V any](of map[string]V) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
