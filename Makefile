# Targets are few on purpose. `make test` needs Go and git alone; what the others need they build or
# install into .cache: pinned in internal/tools for Go, in internal/tools/npm for npm.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

export CGO_ENABLED := 0

CACHE     := $(CURDIR)/.cache
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME  ?= 30s
MULTITOOL := node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

.PHONY: build test lint e2e bench generate fuzz clean

build: ## the static binary, bin/curfew
	go build -trimpath -buildvcs=false -ldflags '-s -w -X github.com/curfew-ci/curfew/internal/cli.version=$(VERSION)' -o bin/curfew ./cmd/curfew

test: ## quick tests
	go test ./...

lint: $(CACHE)/bin/golangci-lint
	$(CACHE)/bin/golangci-lint run ./...

e2e: $(CACHE)/npm/installed $(CACHE)/bin/act ## the action under a runner, SARIF under its validator
	node --test dist/main.test.js
	CURFEW_ACT=$(CACHE)/bin/act CURFEW_SARIF_MULTITOOL=$(CACHE)/npm/$(MULTITOOL) \
	  go test -count 1 -tags e2e -run E2E ./...

bench: ## the numbers of docs/performance.md
	go test -run '^$$' -bench '^BenchmarkStartup' -benchtime 20x ./cmd/curfew
	go test -run '^$$' -bench 'Corpus' -benchtime 3x ./internal/...

generate: ## docs and schemas, from the code
	go generate ./...

fuzz: ## every fuzz target, FUZZTIME each
	internal/tools/fuzz.sh $(FUZZTIME)

clean:
	rm -rf bin .cache

# One recipe for every Go tool: cold it takes minutes, so it runs only where the pins have changed.
$(CACHE)/bin/%: internal/tools/go.mod internal/tools/go.sum
	mkdir -p $(@D)
	go build -C internal/tools -trimpath -buildvcs=false -o $@ $$(go -C internal/tools list tool | grep '/$*$$')

# No package's own script is run; the one file that needs a right gets it here.
$(CACHE)/npm/installed: internal/tools/npm/package.json internal/tools/npm/package-lock.json
	mkdir -p $(@D)
	cp $^ $(@D)
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund
	chmod u+x $(@D)/$(MULTITOOL)
	touch $@
