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
KUBERNETES := $(CACHE)/bin/kubernetes-for-tests
MINIO     := v0.0.0-20260212201848-7aac2a2c5b7c
ZITADEL   := v3.51.17
ZIZMOR    := $(CACHE)/zizmor/bin/zizmor
GORELEASER := v2.15.4
CYCLONEDX := v1.10.0
MULTITOOL := node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

# What a release is called: by the command line, or one that no release has.
RELEASE   := $(if $(filter command,$(firstword $(origin VERSION))),$(VERSION),0.0.0-dev)

# When a package's tests are given up. On two cores with much else to do they may take three times what they take alone, and go
# test's own ten minutes are too short for that.
GIVEUP      := 40m

# How many leases of each kind are timed.
LEASES      ?= 40

# What the search for secrets is measured on and beside, and how often.
REPO        ?=
RUNS        ?= 5
GITLEAKS    ?= $(CACHE)/bin/gitleaks
BETTERLEAKS ?= betterleaks

# What e2e tests run against and by.
SERVERS     := $(CACHE)/npm/installed $(CACHE)/bin/act $(VAULT) $(KUBERNETES) $(CACHE)/bin/minio-$(MINIO) $(CACHE)/bin/zitadel-$(ZITADEL) \
  $(CACHE)/zizmor/installed $(CACHE)/publish/installed $(CACHE)/aws/installed
RELEASER    := $(CACHE)/goreleaser-$(GORELEASER)/goreleaser $(CACHE)/cyclonedx-gomod-$(CYCLONEDX)/cyclonedx-gomod

.PHONY: build tools test lint vet e2e e2e-release licenses release-snapshot release-table bench bench-action bench-lease bench-secrets bench-memory equality quality docs-site generate fuzz clean

build: ## the static binary, bin/curfew
	go build -trimpath -buildvcs=false -ldflags '-s -w -X github.com/curfew-ci/curfew/internal/cli.version=$(VERSION)' -o bin/curfew ./cmd/curfew

tools: $(CACHE)/bin/golangci-lint $(SERVERS) $(RELEASER) ## what other targets download, or build of what they download

test: ## quick tests
	go test -timeout $(GIVEUP) ./...

lint: $(CACHE)/bin/golangci-lint
	$(CACHE)/bin/golangci-lint run --allow-serial-runners ./... # another one on the machine is waited for

vet: ## what lint can't: the files for the other systems that a release is for
	for to in linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
	  echo "vet for $$to"; \
	  GOOS=$${to%/*} GOARCH=$${to#*/} go vet -trimpath ./...; \
	done # -trimpath as releases are built, so that what both compile is compiled once

e2e: $(SERVERS) ## the action under a runner, SARIF under its validator, a real Vault, a real STS and S3, a Kubernetes API server, token exchange, publishing
	node --test dist/test/*.test.js
	@command -v cargo >/dev/null || echo 'NOT RUN: cargo publish: there is no cargo' >&2
	CURFEW_ACT=$(CACHE)/bin/act CURFEW_VAULT=$(VAULT) CURFEW_KUBERNETES=$(KUBERNETES) CURFEW_MINIO=$(CACHE)/bin/minio-$(MINIO) \
	  CURFEW_ZITADEL=$(CACHE)/bin/zitadel-$(ZITADEL) CURFEW_VERDACCIO=$(CACHE)/npm/node_modules/.bin/verdaccio \
	  CURFEW_PUBLISH=$$([ ! -x $(CACHE)/publish/bin/twine ] || echo $(CACHE)/publish/bin) \
	  CURFEW_AWS=$$([ ! -x $(CACHE)/aws/bin/aws ] || echo $(CACHE)/aws/bin/aws) \
	  CURFEW_ZIZMOR=$$([ ! -x $(ZIZMOR) ] || echo $(ZIZMOR)) \
	  CURFEW_SARIF_MULTITOOL=$(CACHE)/npm/$(MULTITOOL) \
	  go test -count 1 -timeout $(GIVEUP) -tags e2e -run E2E -skip E2ERelease ./...

# With -v, as what isn't run here says so, and the image's size is printed.
e2e-release: release-snapshot ## what a release holds: built again, packages, image, pre-commit
	$(MAKE) $(CACHE)/pre-commit/installed || echo 'NOT RUN: pre-commit: it could not be installed, see above'
	CURFEW_RELEASE='$(CURDIR)/bin/release' CURFEW_PRE_COMMIT="$$(ls $(CACHE)/pre-commit/bin/pre-commit || true)" \
	  go test -count 1 -timeout $(GIVEUP) -v -tags e2e -run E2ERelease ./internal/release
	go build -trimpath -buildvcs=false -ldflags=-w -o bin/curfew-with-symbols ./cmd/curfew
	go run ./internal/release sizes -binary bin/curfew-with-symbols

licenses: ## those of all that is in the binaries, bin/licenses.txt; fails for one that isn't known
	go run ./internal/release notices -into bin/licenses.txt

release-snapshot: $(RELEASER) licenses ## all files of a release, in bin/release: VERSION=1.2.3
	PATH="$(CACHE)/cyclonedx-gomod-$(CYCLONEDX):$$PATH" CURFEW_VERSION='$(RELEASE)' \
	  SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) CURFEW_DATE=$$(git log -1 --format=%cI) \
	  $< release --snapshot --clean
	go run ./internal/release gather -from bin/goreleaser -notices bin/licenses.txt -into bin/release -version '$(RELEASE)' -commit "$$(git rev-parse HEAD)"

release-table: ## dist/release.json for VERSION, built of HEAD (docs/release.md)
	go run ./internal/release ready -version '$(VERSION)'
	$(MAKE) release-snapshot VERSION='$(VERSION)'
	cp bin/release/release.json dist/release.json

bench: ## the numbers of docs/performance.md
	go test -run '^$$' -bench '^BenchmarkStartup' -benchtime 20x ./cmd/curfew
	go test -run '^$$' -bench 'Corpus' -benchtime 3x ./internal/...

bench-action: build ## what the action adds to a scan of testdata/shop, and what its end takes where nothing is leased
	node dist/test/bench.js bin/curfew testdata/shop

bench-lease: $(VAULT) $(CACHE)/bin/minio-$(MINIO) ## exec with a real STS and Vault beside curl, LEASES times, and recorded; a thousand decisions
	CURFEW_VAULT=$(VAULT) CURFEW_MINIO=$(CACHE)/bin/minio-$(MINIO) \
	  go test -tags e2e -run '^$$' -bench '^Benchmark(Lease|Record)$$' -benchtime $(LEASES)x ./internal/cli
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

# Kubernetes' API server with its storage, and kubectl. Cold it takes five minutes.
$(KUBERNETES): internal/testservers/kubernetes/go.mod internal/testservers/kubernetes/go.sum internal/testservers/kubernetes/main.go
	mkdir -p $(@D)
	go build -C internal/testservers/kubernetes -trimpath -buildvcs=false -ldflags='-s -w' -o $@ .

# MinIO is a real STS and S3. Its licence (AGPL) is no matter: tests run it as a program of its own, and none of
# it is linked or shipped. It is installed by its version: in internal/tools it would choose the versions of tools.
$(CACHE)/bin/minio-$(MINIO):
	mkdir -p $(@D)
	GOBIN=$(@D)/minio.new go install -tags kqueue -trimpath -ldflags='-s -w' github.com/minio/minio@$(MINIO)
	mv $(@D)/minio.new/minio $@
	rmdir $(@D)/minio.new

# The example server of zitadel's library for OpenID Connect: a real token exchange.
$(CACHE)/bin/zitadel-$(ZITADEL):
	mkdir -p $(@D)
	GOBIN=$(@D)/zitadel.new go install -trimpath -ldflags='-s -w' github.com/zitadel/oidc/v3/example/server@$(ZITADEL)
	mv $(@D)/zitadel.new/server $@
	rmdir $(@D)/zitadel.new

# Likewise what makes a release. (From v2.17 on goreleaser needs a module that the proxy refuses to serve.)
$(CACHE)/goreleaser-$(GORELEASER)/goreleaser:
	GOBIN=$(@D) go install -trimpath -ldflags='-s -w' github.com/goreleaser/goreleaser/v2@$(GORELEASER)

$(CACHE)/cyclonedx-gomod-$(CYCLONEDX)/cyclonedx-gomod:
	GOBIN=$(@D) go install -trimpath -ldflags='-s -w' github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX)

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

# Where Python can't install it, PyPI's hand-over is judged by the other tests alone, which is said.
$(CACHE)/publish/installed: internal/tools/python/publish.txt
	rm -rf $(@D)
	{ python3 -m venv $(@D) && \
	  $(@D)/bin/pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes --requirement $< && touch $@; } || \
	  { rm -rf $(@D); echo 'NOT RUN: twine upload: it could not be installed, see above' >&2; }

# Likewise AWS' command line.
$(CACHE)/aws/installed: internal/tools/python/aws.txt
	rm -rf $(@D)
	{ python3 -m venv $(@D) && \
	  $(@D)/bin/pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes --requirement $< && touch $@; } || \
	  { rm -rf $(@D); echo 'NOT RUN: aws with a lease: it could not be installed, see above' >&2; }

$(CACHE)/pre-commit/installed: internal/tools/python/requirements.txt
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@
