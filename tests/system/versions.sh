#!/bin/sh
# SPDX-License-Identifier: MIT
# Two versions of one VPN in one plan. Their programs are Debian's nebula, installed under two names; what is tested is which
# of them runs and where its results go.
. "$(dirname "$0")/lib.sh"

MESHBENCH_VPNS=$scratch/vpns # below /tmp, which hosts have for themselves: it must be shown to them
export MESHBENCH_VPNS
for version in 1.10.3 1.9.7; do
	folder=$MESHBENCH_VPNS/nebula/$version
	mkdir -p "$folder/bin"
	cp /usr/bin/nebula /usr/bin/nebula-cert "$folder/bin"
	[ $version != 1.9.7 ] || printf '\n' >>"$folder/bin/nebula" # another hash
	sum=$(sha256sum <"$folder/bin/nebula" | cut -d' ' -f1)
	printf '{"schema": 1, "name": "nebula", "version": "%s", "source": "go", "programs": [{"name": "nebula", "sha256": "%s"}], "modules": []}\n' \
		$version "$sum" >"$folder/installed.json"
done
holds() { grep -q -e "$2" "$tree/$1"; }

tree=$scratch/tree
sed 's/^vpns:.*/vpns: [nebula@1.9.7, nebula@system]/' "$fast" >"$scratch/plan.yml"
meshbench run "$scratch/plan.yml" --workload ping --out "$tree"
check "a plan compares two versions" exits 0
check "the summary names both" sh -c "grep -q '^nebula@1.9.7 ' '$scratch/out' && grep -q '^nebula@system ' '$scratch/out'"
check "each has results of its own" test -f "$tree/Nebula@1.9.7/baseline/0_lom/ping.json" -a -f "$tree/Nebula@system/baseline/0_lom/ping.json"
check "the chosen program ran" holds Nebula@1.9.7/baseline/vpn.json '"program": "/.*/vpns/nebula/1.9.7/bin/nebula"'
check "and its hash is recorded" holds Nebula@1.9.7/baseline/vpn.json "$(sha256sum <"$MESHBENCH_VPNS/nebula/1.9.7/bin/nebula" | cut -d' ' -f1)"
check "with its version and source" sh -c "python3 - '$tree' <<-'EOF'
	import json, sys
	tree = sys.argv[1]
	told = json.load(open(tree + '/environment.json'))['vpns']['Nebula@1.9.7']
	assert told['label'] == 'nebula@1.9.7' and told['installed']['version'] == '1.9.7', told
	assert told['installed']['source'] == 'go' and told['packages'] == {}, told
	other = json.load(open(tree + '/Nebula@system/baseline/vpn.json'))
	assert other['installed'] is None and 'nebula' in other['packages'], other
	EOF"
check "the system's ran as well" holds Nebula@system/baseline/vpn.json '"program": "/usr/bin/nebula"'
check "the tree is what its schema says" tree_is_sound
meshbench report "$tree" --json
check "the report knows both" sh -c "grep -q 'Nebula@1.9.7' '$scratch/out' && grep -q 'Nebula@system' '$scratch/out'"
check "what was read in its source code is there, for the version that ran" sh -c "python3 - '$tree' <<-'EOF'
	import json, sys
	vpns = json.load(open(sys.argv[1] + '/features.json'))['vpns']
	chosen, system = vpns['Nebula@1.9.7'], vpns['Nebula@system']
	assert chosen['ran'] == '1.9.7' and chosen['read'] != '1.9.7', chosen['ran']
	standings = {cell['standing'] for cell in chosen['cells'].values()}
	assert standings == {'same_lines', 'other_version'}, standings
	assert system['ran'].startswith('Version: '), system['ran']
	EOF"
meshbench run --resume "$tree"
check "a run of versions can be resumed" exits 0

# Of a driver's files, those that only say what somebody read decide nothing.
mkdir "$scratch/data"
for folder in drivers features plans profiles tunings; do cp -r "$SOURCE_ROOT/$folder" "$scratch/data"; done
MESHBENCH_DATA=$scratch/data
export MESHBENCH_DATA
echo '# read again' >>"$MESHBENCH_DATA/drivers/nebula/features.yml"
meshbench run --resume "$tree"
check "also after what was read has changed" exits 0
echo 'read_again: yes' >>"$MESHBENCH_DATA/drivers/nebula/features.yml"
meshbench run --resume "$tree"
check "and where it is damaged, which is said" sh -c "[ $status = 0 ] && grep -q \"features.yml:.*unknown key 'read_again'.*results do not say what nebula@1.9.7 can do\" '$scratch/err'"
check "then nobody has read it" sh -c "python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))[\"vpns\"][\"Nebula@1.9.7\"][\"read\"] is None' '$tree/features.json'"
unset MESHBENCH_DATA

meshbench doctor
check "NAME alone is the default version" prints 'nebula .*yes .*1.10.3 installed; also known: 1.9.7 (installed), 1.6.1$'
rm -r "$MESHBENCH_VPNS/nebula/1.10.3"
meshbench doctor
check "or what is on PATH where that is not installed" prints 'nebula .*yes .*on PATH: Version'
meshbench run "$fast" --vpn nebula@1.10.3 --workload ping --out "$scratch/absent"
check "a chosen version that is absent is not replaced" says 'nebula@1.10.3 is not installed; install it: meshbench install --vpn nebula@1.10.3'
check "but missing" exits 3
printf '\n' >>"$MESHBENCH_VPNS/nebula/1.9.7/bin/nebula"
meshbench run "$fast" --vpn nebula@1.9.7 --workload ping --out "$scratch/changed"
check "one that is no longer as it was built is refused with the way to build it again" says 'nebula@1.9.7 is not as it was built, .*/nebula has changed .*install --vpn nebula@1.9.7'
check "before anything is measured" test ! -e "$scratch/changed/Nebula@1.9.7"
rm "$MESHBENCH_VPNS/nebula/1.9.7/bin/nebula-cert"
meshbench run "$fast" --vpn nebula@1.9.7 --workload ping --out "$scratch/robbed"
check "one that has lost a program is not completed from PATH" says 'nebula@1.9.7 is not installed'
meshbench run "$fast" --vpn nebula@0.1 --workload ping --out "$scratch/unknown"
check "an unknown version is refused with those known" says 'nebula@0.1: .*known versions: 1.10.3, .*system'
check "as wrong input" exits 2
meshbench run "$fast" --vpn nebula@1.9.7 --dry-run
check "a dry run names it" prints 'Nebula 1.9.7'
check "nothing is left behind" nothing_is_left
finish
