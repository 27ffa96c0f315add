# SPDX-License-Identifier: MIT
# Where the published result tree is; sourced. Without it a test skips, and fails where it must work.
tree=${MESHBENCH_PUBLISHED_DATA:-}
if [ ! -d "$tree/Internal" ]; then
	if [ "${MESHBENCH_MUST_WORK:-}" = 1 ]; then
		echo "not ok 1 - the published data is there"
		echo "1..1"
		exit 1
	fi
	echo "1..0 # SKIP no published data; set MESHBENCH_PUBLISHED_DATA to its folder"
	exit 0
fi
