# Targets are few on purpose. `make test` needs Go and git alone; what the others need they build or
# install into .cache: pinned in internal/tools for Go, in internal/tools/npm for npm.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

export CGO_ENABLED := 0

CACHE     := $(CURDIR)/.cache
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME  ?= 30s
VAULT     := $(CACHE)/bin/vault-for-tests
MINIO     := v0.0.0-20260212201848-7aac2a2c5b7c
ZIZMOR    := $(CACHE)/zizmor/bin/zizmor
MULTITOOL := node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

# How many leases of each kind are timed.
LEASES      ?= 40

# What the search for secrets is measured on and beside, and how often.
REPO        ?=
RUNS        ?= 5
GITLEAKS    ?= $(CACHE)/bin/gitleaks
BETTERLEAKS ?= betterleaks

.PHONY: build test lint e2e bench bench-action bench-lease bench-secrets bench-memory equality quality docs-site generate fuzz clean

build: ## the static binary, bin/curfew
	go build -trimpath -buildvcs=false -ldflags '-s -w -X github.com/curfew-ci/curfew/internal/cli.version=$(VERSION)' -o bin/curfew ./cmd/curfew

test: ## quick tests
	go test ./...

lint: $(CACHE)/bin/golangci-lint
	$(CACHE)/bin/golangci-lint run ./...

e2e: $(CACHE)/npm/installed $(CACHE)/bin/act $(VAULT) $(CACHE)/bin/minio-$(MINIO) $(CACHE)/zizmor/installed ## the action under a runner, SARIF under its validator, a real Vault, a real STS and S3
	node --test dist/test/*.test.js
	CURFEW_ACT=$(CACHE)/bin/act CURFEW_VAULT=$(VAULT) CURFEW_MINIO=$(CACHE)/bin/minio-$(MINIO) \
	  CURFEW_ZIZMOR=$$([ ! -x $(ZIZMOR) ] || echo $(ZIZMOR)) \
	  CURFEW_SARIF_MULTITOOL=$(CACHE)/npm/$(MULTITOOL) \
	  go test -count 1 -tags e2e -run E2E ./...

bench: ## the numbers of docs/performance.md
	go test -run '^$$' -bench '^BenchmarkStartup' -benchtime 20x ./cmd/curfew
	go test -run '^$$' -bench 'Corpus' -benchtime 3x ./internal/...

bench-action: build ## what the action adds to a scan of testdata/shop, and what its end takes where nothing is leased
	node dist/test/bench.js bin/curfew testdata/shop

bench-lease: $(VAULT) $(CACHE)/bin/minio-$(MINIO) ## exec with a real STS and Vault beside curl, LEASES times; a thousand decisions
	CURFEW_VAULT=$(VAULT) CURFEW_MINIO=$(CACHE)/bin/minio-$(MINIO) \
	  go test -tags e2e -run '^$$' -bench '^BenchmarkLease$$' -benchtime $(LEASES)x ./internal/cli
	go test -run '^$$' -bench '^BenchmarkThousand$$' -benchtime 5x ./internal/policy

bench-secrets: build $(GITLEAKS) ## history, tree and diff of REPO beside gitleaks and betterleaks, RUNS times
	go run ./internal/benchsecrets -repo '$(REPO)' -runs $(RUNS) -gitleaks '$(GITLEAKS)' -betterleaks '$(BETTERLEAKS)'

bench-memory: build $(CACHE)/bigrepo/history $(CACHE)/bigrepo/hostile ## what a history of 5 GB of text and hostile files take
	go run ./internal/benchsecrets -repo $(CACHE)/bigrepo/history -runs 1 -history-only -gitleaks '' -betterleaks ''
	go run ./internal/benchsecrets -repo $(CACHE)/bigrepo/hostile -runs 1 -gitleaks '' -betterleaks ''

equality: ## the secret engine against gitleaks' library on all blobs of REPO; of those over LARGEST bytes one in EVERY
	test -n '$(REPO)' # the repository to compare on
	mkdir -p $(CACHE)/equality
	CURFEW_EQUALITY_REPO='$(abspath $(REPO))' CURFEW_EQUALITY_CACHE=$(CACHE)/equality \
	  CURFEW_EQUALITY_LARGEST=$(LARGEST) CURFEW_EQUALITY_EVERY=$(EVERY) \
	  go test -count 1 -timeout 0 -v -run '^TestEqualityRepo$$' ./internal/secret/equality

quality: ## what guesses are worth, on the sets of CURFEW_QUALITY_SETS (docs/quality.md)
	go test -count 1 -v -timeout 1h -run '^TestQuality$$' ./internal/secret

docs-site: ## the documentation as a site that needs no network, bin/site
	rm -rf bin/site
	go run ./internal/docsite -into bin/site

generate: ## docs and schemas, from the code
	go generate ./...

fuzz: ## every fuzz target, FUZZTIME each
	internal/tools/fuzz.sh $(FUZZTIME)

clean:
	rm -rf bin .cache

# The program of the library that we build on, in the version that go.mod names.
$(CACHE)/bin/gitleaks: go.mod
	mkdir -p $(@D)
	GOBIN=$(@D) go install github.com/zricethezav/gitleaks/v8@$$(go list -m -f '{{.Version}}' github.com/zricethezav/gitleaks/v8)
	touch $@

$(CACHE)/bigrepo/%:
	mkdir -p $(@D)
	rm -rf $@.new
	go run ./internal/bigrepo -into $@.new $(if $(filter hostile,$*),-hostile)
	mv $@.new $@

# The real server that tests run against. Cold it takes ten minutes: most of Vault is in it.
$(VAULT): internal/testservers/vault/go.mod internal/testservers/vault/go.sum internal/testservers/vault/main.go
	mkdir -p $(@D)
	go build -C internal/testservers/vault -trimpath -buildvcs=false -o $@ .

# MinIO is a real STS and S3. Its licence (AGPL) is no matter: tests run it as a program of its own, and none of
# it is linked or shipped. It is installed by its version: in internal/tools it would choose the versions of tools.
$(CACHE)/bin/minio-$(MINIO):
	mkdir -p $(@D)
	GOBIN=$(@D)/minio.new go install -tags kqueue -trimpath -ldflags='-s -w' github.com/minio/minio@$(MINIO)
	mv $(@D)/minio.new/minio $@
	rmdir $(@D)/minio.new

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

# Of PyPI, by hashes. Where Python has no pip the workflows are judged by the other checks alone, which is said.
$(CACHE)/zizmor/installed: internal/tools/pip/requirements.txt
	rm -rf $(@D)
	mkdir -p $(@D)
	python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes --only-binary :all: \
	  --target $(@D) --requirement $< || echo 'NOT RUN: zizmor on the workflows: it could not be installed, see above' >&2
	if [ -x $(ZIZMOR) ]; then touch $@; fi
