#!/bin/sh
# SPDX-License-Identifier: MIT
# Guests in virtual time that end too early: what they measured is kept, what is missing has the cause, and --resume goes on.
. "$(dirname "$0")/lib.sh"

cat >"$scratch/plan.yml" <<-EOF2
	title: For guests that end too early
	hosts: [lom, yuki]
	vpns: [none]
	workloads: [ping]
	profiles: [baseline]
	engine: bridge
	ping_count: 5
	ping_runs: 1
EOF2
cd "$scratch" || exit 1
first=Internal/baseline/0_lom/ping.json
second=Internal/baseline/1_yuki/ping.json

# breaks SCRIPT: the first process is a script that does this when the first cell is there, unless it was there at boot. The real one stands where a
# helper does that nothing here needs. A shell gives what runs in its background /dev/null to read, which is not there before the guest mounts /dev.
cp -r "$MESHBENCH_LIBEXEC" libexec
mv libexec/meshbench-guest libexec/meshbench-quic
breaks() {
	cat >libexec/meshbench-guest <<-EOF2
		#!/bin/sh
		[ -e /dev/null ] || { mkdir -p /dev && : >/dev/null; }
		[ -e /tree/$first ] || (while ! [ -e /tree/$first ]; do sleep 0.01; done
		$1) &
		exec $scratch/libexec/meshbench-quic
	EOF2
	chmod 755 libexec/meshbench-guest
}
broken() { MESHBENCH_LIBEXEC=$scratch/libexec meshbench run ./plan.yml --virtual="$1" --out "$2"; }
# ended FILE PATTERN: its cause and the evidence for it.
ended() { cause "$1" | grep -q "$2"; }
cause() { python3 -c 'import json, sys; meta = json.load(open(sys.argv[1]))["meta"]; print(meta["cause"], meta.get("evidence"))' "$1"; }

breaks 'echo c >/proc/sysrq-trigger'
broken memory=1g panic
check "a kernel that panics fails the run" exits 1
check "with its words" says 'the guest ended too early: Kernel panic - not syncing: sysrq triggered crash'
check "what was measured is kept" ended panic/$first '^success'
check "what is missing says why" ended panic/$second '^host the guest ended too early: Kernel panic'
check "the way to go on is named" says 'continue with: meshbench run --resume panic'
cp panic/$first kept.json
MESHBENCH_LIBEXEC=$scratch/libexec meshbench run --resume panic
check "--resume boots again" exits 0
check "and measures what is missing" ended panic/$second '^success'
check "and nothing else" cmp kept.json panic/$first
tree=$scratch/panic
check "the tree is sound" tree_is_sound

# The kernel chooses who ends when there is no memory; here it is asked to, and has no choice.
breaks 'for process in /proc/[0-9]*; do case $(cat $process/comm) in meshbench) echo 1000 >$process/oom_score_adj ;; esac; done; echo f >/proc/sysrq-trigger'
broken memory=1g oom
check "a guest without memory says so" says 'ended by signal 9: .*Out of memory: Killed process'
check "and keeps what was measured" ended oom/$first '^success'

breaks 'cat /dev/zero >/tree/full 2>/dev/null'
broken memory=600m disk
check "a guest without room for its files says so" says 'No space left on device'
check "and keeps what was measured, too" ended disk/$first '^success'

printf '#!/bin/sh\nexec sleep infinity\n' >libexec/meshbench-guest
broken memory=600m,patience=10s stuck
check "a guest whose clock stands still is not waited for" says "the guest's clock stood still for 10 s"
check "and there is nothing to continue" test ! -e stuck/environment.json
check "nothing is left behind" nothing_is_left
finish
