# Every target works in a clean checkout with Go alone; .ci/require sees to PostgreSQL and a C compiler.

# With -race, the machine-translated C of pure-Go SQLite is 15 to 50 times slower. It is one connection's private memory: instrumenting
# it finds nothing of ours. Everything else stays instrumented, the driver around it too: what an uninstrumented package instantiates of
# sync.Map may be linked for everybody, and the detector then sees races where there are none.
RACE := -race -gcflags='modernc.org/sqlite/lib=-race=false'

# These take five to ten times as long with the race detector. What they run is run with it by other tests, and here one goroutine plays
# it, or one client against one service. Of the second list the detector sees a part, which its own run plays.
UNRACED := TestSCIMCheck_CatchesFaults|TestDemo_Mutants|TestDemo_SeesABrokenDeparture|TestI1_TheDemoSeesALossAtTheDisconnect|TestI3_TenThousandAreHeld|TestI3_ATrickleIsHeldByTheDay|TestI25_AJobKilledAnywhere
SAMPLED := TestI1_TestI2_Interleavings|TestSimulation|TestI12_OktaEndsAtTheLastWrite|TestI33_AnyLoad

.PHONY: help build test test-long lint bench demo ci clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/drawbridge, one static binary
	CGO_ENABLED=0 go build -trimpath -o bin/drawbridge ./cmd/drawbridge

test: ## vet, and every test on SQLite and on a PostgreSQL of its own, nearly all with the race detector
	@.ci/require cc postgres
	go vet ./...
	.ci/with-postgres go test $(RACE) -shuffle=on -parallel 6 -timeout 15m -skip '^($(UNRACED))$$' ./...
	.ci/with-postgres go test -shuffle=on -parallel 6 -timeout 10m -run '^($(UNRACED)|$(SAMPLED))$$' ./oktasync ./cmd/drawbridge

test-long: ## the tests that take minutes, then every fuzz target (DRAWBRIDGE_FUZZTIME=60 seconds each)
	@.ci/with-postgres .ci/long

lint: ## gofmt, the module files, staticcheck, errorlint, sqlclosecheck, govulncheck, shellcheck
	@.ci/lint

bench: ## measure the service on both stores and write BENCHMARKS.md (10 minutes)
	@.ci/require postgres
	DRAWBRIDGE_PG_DURABLE=1 .ci/with-postgres go run ./cmd/bench

demo: ## the whole story on this machine
	go run ./cmd/drawbridge demo

ci: ## what CI runs: test, lint and test-long within an hour
	@.ci/run

clean:
	rm -rf bin
