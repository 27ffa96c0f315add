# SPDX-License-Identifier: MIT
# The commands of README.md; everything else is Meson's.
BUILD ?= build
CHECK ?= build-check
JOBS ?= $(shell nproc)

.PHONY: demo vpns virtual check clean

# Installs what is missing, builds, and benchmarks the bare link and four VPNs.
demo: $(BUILD)/build.ninja
	@ninja -C $(BUILD) -j $(JOBS) --quiet
	$(BUILD)/src/cli/meshbench run

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
