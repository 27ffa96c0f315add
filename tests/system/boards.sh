#!/bin/sh
# SPDX-License-Identifier: MIT
# Hosts limited to what a small machine has. In guests, whose Linux has control groups whatever this machine has; and here, where it
# has them for us.
. "$(dirname "$0")/lib.sh"

cat >"$scratch/plan.yml" <<-EOF2
	title: On small machines
	hosts: [lom, yuki]
	vpns: [none]
	workloads: [ping]
	profiles: [baseline]
	engine: bridge
	ping_count: 20
	ping_runs: 1
	board: router-mips-like
EOF2
cd "$scratch" || exit 1

meshbench run ./plan.yml --board toaster --out "$scratch/none"
check "an unknown board is refused with those that are" says "toaster.*router-mips-like"
meshbench run ./plan.yml --on local --out "$scratch/none"
check "far hosts are not limited" says 'board router-mips-like limits hosts that meshbench makes on this machine'
check "which is wrong input" exits 2
printf 'title: A large one\nprocessors: 1000\n' >large.yml
meshbench check large.yml
check "a file of a board is known by its keys" prints 'board large is valid'
meshbench run ./plan.yml --board ./large.yml --out "$scratch/none"
check "a board with more processors than this machine is not to be had" exits 3
check "which is said with the number" says 'board large gives each host 1000 processors: meshbench may use only [0-9]* of this machine'

# groups: those of ours that are there.
groups() { find /sys/fs/cgroup -maxdepth 8 -name 'meshbench-*' 2>/dev/null; }
meshbench run ./plan.yml --workload tcp --seconds 1 --out here
if [ "$status" = 3 ]; then
	check "without control groups of its own a run says what is missing, and measures nothing" \
		sh -c "grep -q 'limit hosts: .*\(systemd-run\|version 1\|not mounted\)' err && ! [ -e here ]"
	skip "hosts are limited on this machine" "no control group may be divided here"
else
	tree=$scratch/here
	check "hosts are limited on this machine" exits 0
	check "its tree is sound" tree_is_sound
	check "and no group is left" test -z "$(groups)"
	"$MESHBENCH" run ./plan.yml --out killed >out 2>err </dev/null &
	run=$!
	while kill -0 $run 2>/dev/null && [ -z "$(groups)" ]; do :; done
	kill -KILL $run
	wait $run 2>/dev/null
	tries=0
	while [ -n "$(groups)" ] && [ $tries -lt 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	check "a killed run leaves no group" test -z "$(groups)"
fi

tree=$scratch/guest
meshbench run ./plan.yml --vpn "none,$SOURCE_ROOT/tests/system/drivers/hungry" --virtual --out "$tree"
check "a daemon that needs too much memory makes a run with failures" exits 1
check "whose cause says so, and on which host" sh -c "cat out err | grep -q 'hungry.* host [a-z]* needed more than its 64 MB of memory (board router-mips-like)'"
cell() { python3 -c '
import json, sys
meta = json.load(open(sys.argv[1]))["meta"]
hosts = meta["limits"]["hosts"]
print(meta["cause"], meta["limits"]["board"], sum(h["killed"] for h in hosts) > 0,
      all(h["memory_peak_bytes"] <= 64 << 20 for h in hosts))' "$1"; }
check "the cell has the cause, the board and the killed program" \
	test "$(cell guest/Hungry/baseline/0_lom/ping.json)" = "memory router-mips-like True True"
check "on the bare link nothing was killed" test "$(cell guest/Internal/baseline/0_lom/ping.json)" = "success router-mips-like False True"
check "the tree is sound" tree_is_sound
meshbench report "$tree" --markdown
check "every table says what hosts were limited to" prints 'limited as board router-mips-like: 0.067 of a processor, 64 MB of memory'
check "and so do the circumstances" sh -c "cat out err | grep -q 'every host limited as router-mips-like: 0.067'"
python3 - <<'EOF2'
import json, shutil
shutil.copytree("guest", "other")
tree = json.load(open("other/environment.json"))
tree["lab"]["limits"]["processors"] = 0.5
json.dump(tree, open("other/environment.json", "w"))
EOF2
meshbench compare guest other
check "trees of different limits are not compared" says 'limited as board .*0.067.*0.5 of a processor.*cannot be compared'
check "and that is wrong input" exits 2
check "nothing is left behind" nothing_is_left
finish
