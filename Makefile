# forecall: what a developer types. Go is all that is needed; `make test`
# installs the real peers where apt is there.

STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
export CGO_ENABLED ?= 0

GOTESTSUM := go run gotest.tools/gotestsum@v1.13.0
RACED := ./campaigns ./campaigns/intake ./campaigns/rules ./campaigns/abandonment ./dialer/... ./storage/... ./cmd/internal/...

# AGAIN is how CI runs tests: of at most three red ones each is run once more,
# by itself, and named in the output. A data race is never forgiven.
AGAIN := $(GOTESTSUM) --format standard-quiet --rerun-fails=1 --rerun-fails-max-failures=3 \
	--rerun-fails-abort-on-data-race

.PHONY: build test race ci-test ci-race ci-wire rig lint bench demo demo-check clean

build: ## one static binary
	go build -trimpath -ldflags '-s -w' -o forecall ./cmd/forecall

test: ## every test; real peers are installed and required where that is possible
	@if .ci/peers; then export FORECALL_PEERS=required; fi; \
	go test -timeout 20m ./...

race: ## the concurrent packages under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -short -timeout 20m $(RACED)

ci-test: ## as `make test` in CI: peers required, a red test gets a second chance by itself
	FORECALL_PEERS=required $(AGAIN) --packages './...' -- -timeout 20m

ci-race: ## as `make race` in CI, with the same second chance
	@said=$$(mktemp); trap 'rm -f "$$said"' EXIT; \
	CGO_ENABLED=1 $(AGAIN) --jsonfile "$$said" --packages '$(RACED)' -- -race -short -timeout 30m || \
		{ grep -A 80 'DATA RACE' "$$said" | head -300; exit 1; }

ci-wire: ## the engine again, its brain and hands parted by a wire
	FORECALL_WIRE=1 $(AGAIN) --packages ./dialer -- -timeout 20m

rig: ## three nodes as processes, every fault 20 times, by itself; hours, root for network namespaces
	FORECALL_RIG=20 FORECALL_PEERS=required go test ./cmd/internal/rig -timeout 5h -v

lint: ## format, vet, staticcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	$(STATICCHECK) ./...

bench: ## the figures of docs/benchmarks.md; about 30 minutes, on a quiet machine
	.ci/bench

demo: ## the main job on this machine
	go run ./cmd/forecall demo

demo-check: build ## the demo as CI runs it: ends by itself, fails when a law was broken
	./forecall demo --agents 20 --contacts 2000 --speed 30 --exit --json --listen 127.0.0.1:0

clean:
	rm -rf forecall forecall-data
