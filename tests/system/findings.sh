#!/bin/sh
# SPDX-License-Identifier: MIT
# VPNs that fail, each in its way: every cell gets its cause, and the others are measured all the same.
. "$(dirname "$0")/lib.sh"

drivers=$SOURCE_ROOT/tests/system/drivers
tree=$scratch/tree
cause() { grep -o '"cause": "[a-z]*"' "$tree/$1/baseline/$2" | tail -n 1; }
has_cause() { [ "$(cause "$1" "$2")" = "\"cause\": \"$3\"" ]; }

meshbench run "$fast" --vpn "$drivers/crash,$drivers/hang,$drivers/mortal,none" --workload ping --out "$tree"
check "some failed: exit 1" exits 1
check "a daemon that dies at once is a crash" has_cause Crash 0_lom/ping.json crashed
check "its last words are the evidence" grep -q 'cannot open the tunnel' "$tree/Crash/baseline/0_lom/ping.json"
check "what they hide from a terminal is shown" says 'cannot open the tunnel ?\[8mof a friend'
check "and no control character reaches it" sh -c "! cat '$scratch/out' '$scratch/err' | tr -d '\\n\\t' | LC_ALL=C grep -q '[[:cntrl:]]'"
check "it was tried as often as the plan says" grep -q '"test_attempts": 3' "$tree/Crash/baseline/0_lom/ping.json"
check "a daemon that is never ready never connected" has_cause Hang 1_yuki/ping.json connect
check "no failed cell has a number" sh -c "! grep -q rtt_avg_ms '$tree/Crash/baseline/0_lom/ping.json'"
for link in 0_lom 1_yuki 2_luna; do
	check "the bare link was measured on $link" has_cause Internal $link/ping.json success
done
check "a daemon that died in the middle was seen, and started again" \
	grep -q '"cause": "crashed"' "$tree/Mortal/baseline/0_lom/ping.json" "$tree/Mortal/baseline/1_yuki/ping.json" "$tree/Mortal/baseline/2_luna/ping.json"
check "the summary names the causes" prints 'crash, baseline, ping, lom->yuki and 2 more cells: crashed: '
check "the tree is what its schema says" tree_is_sound
check "a report is made of it" test -s "$tree/report.html"

tree=$scratch/second-tree
cp -r "$drivers/second" "$drivers/latin" "$scratch" # they count in their own folders
mkdir "$scratch/second/old" # which the hash of the driver passes over
meshbench run "$fast" --vpn "$scratch/second" --workload ping --repeat 2 --out "$tree"
check "a VPN that comes up at the second attempt is measured" exits 0
check "and the attempt that failed stays known after another repetition" /usr/bin/python3 -c '
import json, sys
failed = json.load(open(sys.argv[1]))["failed_bring_ups"]
sys.exit(not (len(failed) == 1 and failed[0]["cause"] == "crashed" and "nobody lives" in failed[0]["evidence"]))' \
	"$tree/Second/baseline/vpn.json"
check "it is a finding" sh -c "'$MESHBENCH' report '$tree' --json >'$scratch/report.json' && grep -q failed-bring-ups '$scratch/report.json'"
check "the page has a heading for each kind of finding that there is, and no other" \
	sh -c "grep -q '<summary>These change which VPN to choose<' '$tree/report.html' && ! grep -q 'finding error' '$tree/report.html'"
check "its tree, too, is what its schema says" tree_is_sound
meshbench run "$fast" --vpn none --workload ping --out "$tree"
check "a second run does not mix its results into the tree of the first" exits 2
check "and is shown the way out" says "already has those of a run; choose another folder, or continue that run with meshbench run --resume"
check "the tree is as it was" sh -c "! test -e '$tree/Internal' && grep -q '\"second\"' '$tree/environment.json'"

tree=$scratch/latin-tree
meshbench run "$fast" --vpn "$scratch/latin" --workload ping --out "$tree"
check "a VPN that speaks Latin-1 is measured" exits 0
check "its version stays, with a replacement character" grep -q '"version": "latin 1.0 from Z�rich"' "$tree/Latin/baseline/vpn.json"
check "and so does the attempt that failed" grep -q '"evidence": ".*kein Schl�ssel' "$tree/Latin/baseline/vpn.json"
check "it is a finding, too" sh -c "'$MESHBENCH' report '$tree' --json | grep -q failed-bring-ups"
check "the event log has what it said" grep -q 'latin 1.0 from Z\|kein Schl�ssel' "$tree/events.jsonl"
check "and its tree is what its schema says" tree_is_sound

tree=$scratch/meddled-tree
meshbench run "$fast" --vpn "$drivers/meddler,none" --workload ping --out "$tree"
check "a VPN that changes its hosts is measured" exits 0
check "what it changed is in the tree" grep -q '"net.ipv4.ip_forward = 1"' "$tree/Meddler/baseline/vpn.json"
check "the bare link changes nothing" grep -qE '"host_changes": ?\[\]' "$tree/Internal/baseline/vpn.json"
check "it is a finding" sh -c "'$MESHBENCH' report '$tree' --json >'$scratch/report.json' && grep -q '\"host-changed\"' '$scratch/report.json'"
check "the tree with changes is what its schema says" tree_is_sound

# Cells whose ingredients change while a run is interrupted.
tree=$scratch/changed-tree
mkdir "$scratch/data"
for folder in drivers features plans profiles tunings; do cp -r "$SOURCE_ROOT/$folder" "$scratch/data"; done
MESHBENCH_DATA=$scratch/data
export MESHBENCH_DATA
cp -r "$drivers/meddler" "$scratch"
echo 'needs: [meddle]' >>"$scratch/meddler/driver.yml"
instead meddle 'exit 0'
# resume: the next meshbench continues; what it measures is newer than this.
resume() {
	touch "$scratch/before"
	meshbench_instead run --resume "$tree" --vpn "$scratch/meddler"
}
# measured CELLS: those which are newer, as "VPN/profile/host".
measured() {
	[ "$(cd "$tree" && find . -name ping.json -newer "$scratch/before" ! -path '*/samples/*' | sed 's,^./,,; s,/ping.json,,' | sort | tr '\n' ' ')" = "$1" ]
}
# claim FILE NAME VALUE: the ingredient of a cell or of a tree was another one.
claim() {
	/usr/bin/python3 -c '
import json, sys
path, name, value = sys.argv[1:]
file = json.load(open(path))
file.get("meta", file)["ingredients"][name] = value
json.dump(file, open(path, "w"))' "$tree/$1" "$2" "$3"
}
meshbench_instead run "$fast" --host lom,yuki --vpn "$scratch/meddler,none" --profile baseline,dsl --workload ping --out "$tree"
check "a tree of two VPNs and two profiles is measured" exits 0
meshbench_instead run --resume "$tree"
check "a driver at a path that only the tree names is not run" exits 2
check "and is shown the way out" says "can run any program as you; if you trust it, add --vpn $scratch/meddler"
meshbench_instead run --resume "$tree" --vpn none
check "other VPNs are not added" exits 2
resume
check "a run in which nothing has changed is continued without a word" sh -c "[ $status = 0 ] && ! grep -q 'has changed' '$scratch/err'"
check "and nothing is measured again" measured ""
mv "$scratch/meddler/driver.yml" "$scratch/driver"
{ cat "$scratch/driver"; echo "# changed"; } >"$scratch/meddler/driver.yml"
resume
check "a changed driver is named, with the number of its cells" says 'has changed (driver meddler), so 4 cells are measured again'
check "they are measured again, and no other" measured "Meddler/baseline/0_lom Meddler/baseline/1_yuki Meddler/dsl/0_lom Meddler/dsl/1_yuki "
check "the event log says it" grep -q '"kind": *"outdated".*driver meddler' "$tree/events.jsonl"
sed -i 's/^delay:.*/delay: 11ms/' "$scratch/data/profiles/dsl.yml"
instead meddle 'exit 0 # upgraded'
claim Internal/baseline/0_lom/ping.json 'setting seed' 2
resume
check "a changed program is named, next to a profile that has changed as well" says '(programs of meddler, profile dsl), so 2 cells are'
check "the program's other cells" says '(programs of meddler), so 2 cells are'
check "the profile's other cells" says '(profile dsl), so 2 cells are'
check "and a cell that was measured with another setting" says '(setting seed), so 1 cell is'
check "they are measured again, and the one that nothing changed for is kept" measured \
	"Internal/baseline/0_lom Internal/dsl/0_lom Internal/dsl/1_yuki Meddler/baseline/0_lom Meddler/baseline/1_yuki Meddler/dsl/0_lom Meddler/dsl/1_yuki "
check "the profile is calibrated again" sh -c "grep -o '\"delay_ms\": *11' '$tree/calibration.json' | grep -q ."
check "the tree is what its schema says after all that" tree_is_sound
for name in "kernel $(uname -m)" processors processor 'build of meshbench' clock; do
	cp "$tree/environment.json" "$scratch/environment"
	claim environment.json "$name" other
	resume
	check "a tree of another $name is not continued" exits 2
	check "and is shown what has changed" says "changed since it was measured: $name; start a new run"
	cp "$scratch/environment" "$tree/environment.json"
done
check "nothing was measured meanwhile" measured ""
unset MESHBENCH_DATA

# Of the processes that meshbench made and that execute nothing else, those in a PID namespace of their own.
inits() {
	for child in $(cat "/proc/$1/task/$1/children"); do
		[ "$(readlink "/proc/$child/ns/pid")" != "$(readlink "/proc/$1/ns/pid")" ] && cmp -s "/proc/$child/cmdline" "/proc/$1/cmdline" && echo "$child"
	done
}
tree=$scratch/beheaded-tree
"$MESHBENCH" run "$fast" --vpn none --workload tcp --seconds 3 --out "$tree" >"$scratch/out" 2>"$scratch/err" </dev/null &
pid=$!
until grep -q '"iperf3' "$tree/events.jsonl" 2>/dev/null || ! kill -0 "$pid"; do sleep 0.05; done
# shellcheck disable=SC2046 # one is taken
kill -9 $(inits "$pid" | head -n 1)
wait "$pid"
status=$?
check "a run in which a host is killed is completed" exits 0
check "and says what happened" says 'host lom ended with all that ran on it: its first process was ended by signal 9'
check "the attempt is kept with its cause" grep -rq '"cause": "host"' "$tree/Internal/baseline"
check "all links were measured" sh -c "[ \$(grep -l '\"status\": \"success\"' '$tree'/Internal/baseline/*/tcp_iperf3.json | wc -l) = 3 ]"
check "the tree of a killed host is what its schema says" tree_is_sound

tree=$scratch/lingering-tree
meshbench run "$fast" --vpn "$drivers/lingers" --workload ping --out "$tree"
check "a driver whose controller daemonizes is measured" exits 0
check "its version is the first line that it printed" grep -q '"version": "version"' "$tree/Lingers/baseline/vpn.json"
check "what daemonized on the controller ends with the run" nothing_is_left
LINGER_HERE=$scratch/lingers
export LINGER_HERE
"$MESHBENCH" run "$fast" --vpn "$drivers/lingers" --workload ping --out "$scratch/killed-tree" >"$scratch/out" 2>"$scratch/err" </dev/null &
pid=$!
until [ -e "$LINGER_HERE" ] || ! kill -0 "$pid"; do sleep 0.01; done
kill -9 "$pid"
wait "$pid" 2>/dev/null
unset LINGER_HERE
check "what runs and what daemonized on the controller ends with a killed meshbench" nothing_is_left
finish
