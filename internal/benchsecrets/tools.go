package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tools are the programs that are compared, and what they need.
type tools struct {
	curfew, gitleaks, betterleaks tool
	rules                         string // a configuration with gitleaks' and betterleaks' default rules
	missing                       []string
}

// tool is a program; without a path, one that isn't there.
type tool struct{ name, path, version string }

// find looks up the programs. Only curfew must be there.
func find(ctx context.Context, o options, work string) (tools, error) {
	var t tools
	var err error
	if t.curfew, err = lookUp(ctx, "curfew", o.curfew); err != nil {
		return t, fmt.Errorf("%w: run make build first", err)
	}
	if t.gitleaks, err = lookUp(ctx, "gitleaks", o.gitleaks); err != nil {
		t.missing = append(t.missing, fmt.Sprintf("gitleaks was not measured (%v): give GITLEAKS=path", err))
	}
	if t.betterleaks, err = lookUp(ctx, "betterleaks", o.betterleaks); err != nil {
		t.missing = append(t.missing, fmt.Sprintf("betterleaks was not measured (%v): give BETTERLEAKS=path", err))
	}
	// Both read a configuration from the repository otherwise, which may turn rules off.
	t.rules = filepath.Join(work, "default.toml")
	return t, os.WriteFile(t.rules, []byte("[extend]\nuseDefault = true\n"), 0o600)
}

func lookUp(ctx context.Context, name, program string) (tool, error) {
	if program == "" {
		return tool{}, errors.New("no program is named")
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return tool{}, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return tool{}, err
	}
	return tool{name: name, path: path, version: version(ctx, path)}, nil
}

// version is what Go wrote into the program, or where that is nothing, what the program says.
func version(ctx context.Context, path string) string {
	info, err := buildinfo.ReadFile(path)
	if err == nil && strings.HasPrefix(info.Main.Version, "v") {
		return info.Main.Version
	}
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return "of unknown version"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return strings.TrimPrefix(line, "curfew ")
}
