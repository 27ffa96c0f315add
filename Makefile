# SPDX-License-Identifier: MIT
# The commands of README.md; everything else is Meson's.
BUILD ?= build
CHECK ?= build-check
JOBS ?= $(shell nproc)

.PHONY: demo vpns virtual check clean

# Installs what is missing, builds, and has a first result in two minutes; the run's status is its own.
demo: $(BUILD)/build.ninja
	@ninja -C $(BUILD) -j $(JOBS) --quiet
	@$(BUILD)/src/cli/meshbench run taste; status=$$?; \
	echo; echo "Next: $(BUILD)/src/cli/meshbench run       three hosts, four workloads, about 10 minutes"; \
	echo "      $(BUILD)/src/cli/meshbench doctor    what this machine can measure, and what to install"; exit $$status

# All VPNs that a client can build or install, in the versions of drivers/pins.yml; go and cargo take their time.
vpns: $(BUILD)/build.ninja
	@ninja -C $(BUILD) -j $(JOBS) --quiet
	$(BUILD)/src/cli/meshbench install

# What `meshbench run --virtual` needs besides: QEMU, and a kernel for it in the user's own folder.
virtual:
	@tools/install-packages --virtual
	@tools/get-kernel

# Every test, with sanitizers; the last line is `N passed, N failed, N skipped`.
check:
	@tools/install-packages --tests
	@tools/check $(CHECK) $(JOBS)

$(BUILD)/build.ninja:
	@tools/install-packages
	@if command -v npm >/dev/null && [ ! -d web/node_modules ]; then npm --prefix web --silent ci || true; fi
	meson setup $(BUILD)

clean:
	rm -rf $(BUILD) $(CHECK)
