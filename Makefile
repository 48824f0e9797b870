# The program is one static binary: copy bin/linnet to a machine without a network and it runs.

VERSION ?=
LDFLAGS := -s -w $(if $(VERSION),-X main.version=$(VERSION))
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: build test race lint bench demo generate fuzz ci image

build: ## bin/linnet, static
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/linnet ./cmd/bot

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

generate: ## what is made from code: the configuration's reference, the snippets of docs/
	go test ./pkg/config -run TestReferenceIsInStep -update
	go test ./pkg/chatops -run TestPageIsInStep -update
	go test ./pkg/planner -run TestSnippetsOfDocsAreInStep -update

fuzz: ## FUZZTIME for each target
	.ci/fuzz $(or $(FUZZTIME),30s)

ci: ## everything that must hold before a merge
	.ci/run

image:
	docker build --build-arg VERSION=$(VERSION) -t linnet .
