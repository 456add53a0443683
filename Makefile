# Each target is one script; `make` alone lists them. ARGS goes to the script: make run ARGS=--help

.PHONY: help run test lint web docs soak bench bench-quant bench-statements audit verify-data
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: ## Build Florin and serve the demo family
	@scripts/run.sh $(ARGS)

test: ## Everything that must hold on each change, on SQLite and PostgreSQL
	@scripts/test.sh $(ARGS)

lint: ## Format, house rules, clippy
	@scripts/lint.sh

web: ## Build the web page that the binary carries
	@scripts/web.sh build

docs: ## Build the crates' documentation, check all links
	@scripts/docs.sh

soak: ## The tests in their long form; SEEDS=1000 for that many simulations alone
	@scripts/soak.sh $(ARGS)

bench: ## The benchmarks
	@scripts/bench.sh $(ARGS)

bench-quant: ## The benchmarks of quant beside the Python programs it is compared with
	@scripts/bench-quant.sh $(ARGS)

bench-statements: ## Reading huge files of banks, beside the Python programs it is compared with
	@scripts/bench-statements.sh $(ARGS)

audit: ## Dependencies: licences, bans, sources, known faults
	@scripts/audit.sh

verify-data: ## Read every statement under DATA=folder and say which parse
	@scripts/verify-data.sh "$(DATA)"
