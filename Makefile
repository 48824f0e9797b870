# The program is one static binary: copy bin/linnet to a machine without a network and it runs.

VERSION ?=
# v1.0.0 builds with Go's validated cryptographic module, and switches its mode on: https://go.dev/doc/security/fips140
GOFIPS140 ?= off
BINARY ?= bin/linnet
LDFLAGS := -s -w $(if $(VERSION),-X main.version=$(VERSION))
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: build test race lint bench demo generate fuzz ci image image-offline e2e e2e-full

build: ## bin/linnet, static
	CGO_ENABLED=0 GOFIPS140=$(GOFIPS140) go build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/bot

test:
	go test ./...

race:
	go test -race ./...

lint:
	go run $(GOLANGCI_LINT) run ./...

bench: ## the figures of docs/performance.md
	go test -run '^$$' -bench . -benchmem ./...

demo:
	go run ./cmd/bot demo

generate: ## what is made from code: the configuration's reference, the snippets of docs/, the chart's schema and table
	go test ./pkg/config -run TestReferenceIsInStep -update
	go test ./charts -run InStep -update
	go test ./pkg/chatops -run TestPageIsInStep -update
	go test ./pkg/planner -run TestSnippetsOfDocsAreInStep -update

fuzz: ## FUZZTIME for each target
	.ci/fuzz $(or $(FUZZTIME),30s)

ci: ## everything that must hold before a merge
	.ci/run

e2e: ## against a real API server and real istiods; the first time it builds them, which takes 10 minutes
	.ci/run e2e

e2e-full: ## the same, and 5,000 proxies beside istioctl
	LINNET_E2E_FLAGS='-e2e.proxies=5000' .ci/run e2e

image: ## with docker, which fetches the Go image
	docker build --build-arg VERSION=$(VERSION) --build-arg GOFIPS140=$(GOFIPS140) --build-arg REVISION=$(shell git rev-parse HEAD) -t linnet .

image-offline: build ## with buildah and without a network, from the binary just built, into bin/linnet-image.tar
	.ci/image $(BINARY) bin/linnet-image.tar
