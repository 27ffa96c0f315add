#!/bin/sh
# SPDX-License-Identifier: MIT
# meshbench install with a go, a cargo and an apt-get that only pretend: what is built, kept, refused and left behind.
. "$(dirname "$0")/lib.sh"

bin=$scratch/bin
data=$scratch/data
prefix=$scratch/vpns
mkdir "$bin" "$data" "$data/drivers"
ln -s "$SOURCE_ROOT/profiles" "$SOURCE_ROOT/plans" "$data"
MESHBENCH_DATA=$data
MESHBENCH_VPNS=$prefix
PATH=$bin:$PATH
export MESHBENCH_DATA MESHBENCH_VPNS PATH scratch
sum=h1:EstYj8ODEcv6T0R9X5BVq1zgWZnyU5gtPzk99QF1PMU=
crate_sum=03e84213ad3f678c14512dce2f6a362292159f262f82bd67f141be86944ea468
server_sum=d72f42d4f4fa927956597b8051ef67c822f04fb0f24168f7a9abf026b1a3adfa

for vpn in alpha beta gamma delta; do
	mkdir "$data/drivers/$vpn"
	printf 'schema: 1\nname: %s\ntitle: %s\nneeds: [mb-%s]\n' $vpn $vpn $vpn >"$data/drivers/$vpn/driver.yml"
done
echo 'packages: [delta-package]' >>"$data/drivers/delta/driver.yml"
cat >"$data/drivers/pins.yml" <<EOF
schema: 1
vpns:
  - name: alpha
    versions:
      - version: 2.0
        seconds: 450
        go: [{ module: example.org/root/v2, at: v2.0.0, sum: "$sum", packages: [cmd/alpha, .], programs: [mb-alpha, mb-root] }]
      - version: 1.0
        go: [{ module: example.org/alpha, at: v1.0.0, sum: "$sum", packages: [cmd/alpha], programs: [mb-alpha] }]
  - name: beta
    versions:
      - version: 1.0
        cargo:
          - { crate: beta, at: 1.0.0, sum: $crate_sum, programs: [mb-beta] }
          - { crate: beta-server, at: 1.0.0, sum: $server_sum, programs: [mb-beta-server] }
        build: [{ program: mb-protoc, package: mb-protobuf }]
  - name: gamma
    own: its project hands it out on paper
  - name: delta
    versions:
      - version: system
        debian: [delta-package]
EOF

# fake NAME: the script on stdin is a program on PATH that notes every call.
fake() {
	{
		echo '#!/bin/sh'
		echo "echo \"$1 \$*\" >>\"\$scratch/calls\""
		cat
	} >"$bin/$1"
	chmod +x "$bin/$1"
}
fake go <<'EOF'
case $1-$2 in
mod-download) echo "go: downloading it" >&2; echo "{\"Sum\": \"$(cat "$scratch/sum")\"}" ;;
env-*) printf '/cache\nelsewhere\n' ;;
version-) echo "go version go0.1 fake" ;;
version--m) printf '%s: go0.1\n\tmod\texample.org/alpha\tv2.0.0\th1:a=\n\tdep\texample.org/dep\tv1.0.0\th1:b=\n' "$3" ;;
install-*)
	echo "alpha/words" >&2
	echo "$GOPROXY" >"$scratch/proxy"
	[ ! -e "$scratch/fails" ] || { echo "example.org/alpha: cannot compile" >&2; exit 1; }
	for package; do
		case $package in *@*) ;; *) continue ;; esac
		package=${package%@*}
		program=$GOBIN/$(basename "${package%/v2}")
		echo "$GOBIN" >"$program"
		chmod +x "$program"
	done
	[ ! -e "$scratch/slow" ] || { touch "$scratch/building"; exec sleep 60; }
	;;
esac
EOF
fake cargo <<'EOF'
case $1 in
generate-lockfile)
	{
		printf '[[package]]\nname = "beta"\nversion = "1.0.0"\nchecksum = "%s"\n' "$(cat "$scratch/crate_sum")"
		printf '[[package]]\nname = "beta-server"\nversion = "1.0.0"\nchecksum = "%s"\n' "$(cat "$scratch/server_sum")"
	} >Cargo.lock
	;;
--version) echo "cargo 0.1" ;;
install)
	for word; do case $word in --root=*) root=${word#--root=} ;; --target-dir=*) target=${word#*=} ;; esac; done
	mkdir -p "$target" && [ -e "$target/half" ] && echo "goes on" >>"$scratch/calls"
	touch "$target/half"
	[ ! -e "$scratch/fails" ] || { echo "   Compiling beta"; echo "error: cannot compile" >&2; exit 101; }
	program=$root/bin/mb-${word%@*}
	mkdir -p "$root/bin" && echo beta >"$program" && chmod +x "$program"
	;;
esac
EOF
fake mb-protoc </dev/null
fake sudo <<'EOF'
exec "$@"
EOF
fake apt-get <<'EOF'
touch "$scratch/bin/mb-delta" && chmod +x "$scratch/bin/mb-delta"
EOF
fake dpkg-query <<'EOF'
[ -e "$scratch/bin/mb-delta" ] && printf installed
EOF
echo "$sum" >"$scratch/sum"
echo "$crate_sum" >"$scratch/crate_sum"
echo "$server_sum" >"$scratch/server_sum"

called() { grep -c -e "^$1" "$scratch/calls" 2>/dev/null; }
was_not_called() { [ "$(called "$1")" = 0 ] || [ ! -e "$scratch/calls" ]; }
holds() { grep -q -e "$2" "$1"; }
# Nothing but finished versions, logs and the lock.
only_whole_things() { ! find "$prefix" -name '*.partial' -o -name '*.json.*' | grep -q .; }

meshbench install --vpn alpha
check "a Go version is built" exits 0
check "the cache with the module just checked is asked first" holds "$scratch/proxy" "^file:///cache/cache/download,elsewhere\$"
check "how long that takes is said before" says 'alpha 2.0: building, about 7 min 30 s with two processors;'
check "its programs have the names that the pin says" test -x "$prefix/alpha/2.0/bin/mb-alpha" -a -x "$prefix/alpha/2.0/bin/mb-root"
check "they were built next to their place" holds "$prefix/alpha/2.0/bin/mb-alpha" '\.2\.0\.partial/bin$'
check "the receipt has their hashes" holds "$prefix/alpha/2.0/installed.json" "$(sha256sum <"$prefix/alpha/2.0/bin/mb-alpha" | cut -d' ' -f1)"
check "and the modules that go names" holds "$prefix/alpha/2.0/installed.json" '"h1:b="'
check "and who built them" holds "$prefix/alpha/2.0/installed.json" 'go0.1 fake'
check "the log has the client's words" holds "$prefix/log/alpha-2.0.log" alpha/words
check "the other version was not built" test ! -e "$prefix/alpha/1.0"
: >"$scratch/calls"
meshbench install --vpn alpha
check "what is there is not built again" was_not_called 'go install'
check "and that is said" says 'alpha 2.0: already installed'
echo changed >>"$prefix/alpha/2.0/bin/mb-root"
meshbench install --vpn alpha
check "what was changed since is built again" says 'has changed since it was built'
check "and then is whole" holds "$prefix/alpha/2.0/bin/mb-root" partial

touch "$scratch/fails"
meshbench install --vpn alpha@1.0,beta
check "a failed build fails" exits 1
check "with the client's last words" says 'alpha 1.0: .*cannot compile'
check "and where all of them are" says 'log/alpha-1.0.log'
check "the others are tried all the same" says 'beta 1.0: .*cannot compile'
check "nothing stands under its name" test ! -e "$prefix/alpha/1.0" -a ! -e "$prefix/beta/1.0"
check "nothing half is left" only_whole_things
rm "$scratch/fails"
meshbench install --vpn beta
check "a cargo version is built, of both its crates" test -x "$prefix/beta/1.0/bin/mb-beta" -a -x "$prefix/beta/1.0/bin/mb-beta-server"
check "going on where it failed" test "$(called 'goes on')" = 2
check "with the locked dependencies" holds "$scratch/calls" 'cargo install --locked .*beta@1.0.0'
check "what it needed meanwhile is gone" test ! -e "$prefix/beta/.1.0.target"

echo "${sum%P*}Q=" >"$scratch/sum"
: >"$scratch/calls"
meshbench install --vpn alpha@1.0
check "another checksum than the pin's is refused" says 'has the checksum h1:.*pins.yml says'
check "before anything is built" was_not_called 'go install'
echo "$sum" >"$scratch/sum"
rm -r "$prefix/beta/1.0"
echo 0000 >"$scratch/server_sum"
meshbench install --vpn beta
check "so is another crate, also if it is the second" says 'beta-server 1.0.0 has the checksum 0000'
check "before cargo builds it" was_not_called 'cargo install'
rm "$bin/mb-protoc"
meshbench install --vpn beta
check "what building needs is named with its package" says 'requires mb-protoc; install it: apt install mb-protobuf'
check "and this machine cannot" exits 3

touch "$scratch/slow"
"$MESHBENCH" install --vpn alpha@1.0 >"$scratch/out" 2>"$scratch/err" &
pid=$!
until [ -e "$scratch/building" ]; do sleep 0.05; done
meshbench install --vpn alpha@1.0
check "two installations do not meet" says 'another meshbench install is using'
kill -INT $pid
wait $pid
status=$?
check "Ctrl-C ends it" exits 1
check "leaving nothing half" only_whole_things
check "and nothing under its name" test ! -e "$prefix/alpha/1.0"
check "and no process" nothing_is_left
rm "$scratch/building"
"$MESHBENCH" install --vpn alpha@1.0 >"$scratch/out" 2>"$scratch/err" &
pid=$!
until [ -e "$scratch/building" ]; do sleep 0.05; done
kill -KILL $pid
wait $pid 2>/dev/null
check "a killed one leaves its half" test -e "$prefix/alpha/.1.0.partial"
meshbench list vpns
check "which is not a version" sh -c "! grep -q '1.0\*' '$scratch/out'"
rm "$scratch/slow"
meshbench install --vpn alpha@1.0
check "and the next goes on" test -x "$prefix/alpha/1.0/bin/mb-alpha"
check "cleaning up" only_whole_things

meshbench install --vpn gamma
check "what no client builds is explained" says 'hands it out on paper'
check "and is missing" exits 3
meshbench install --vpn delta
check "the system is not changed without a yes" was_not_called apt-get
check "which is said, with the command" says 'apt-get install -y delta-package'
printf 'n\n' | script -qec "$MESHBENCH install --vpn delta" /dev/null >"$scratch/out" 2>&1
check "a person is asked" prints 'Run it?'
check "and can say no" was_not_called apt-get
meshbench install --vpn delta --yes
check "with a yes it is installed" holds "$scratch/calls" '^apt-get install -y delta-package'
check "and found" exits 0

rm -r "$prefix/alpha"
script -qec "$MESHBENCH install --vpn alpha" /dev/null >"$scratch/out" 2>&1 </dev/null
check "on a terminal a line tells what is done" prints 'alpha 2.0: [0-9][0-9]* s, '
rm -r "$prefix/alpha"
meshbench install --source go
check "a source alone can be asked for" test -e "$prefix/alpha/2.0" -a ! -e "$prefix/beta/1.0"
meshbench install --source npm
check "a source that is none is refused" exits 2
meshbench install --vpn alpha@3.0
check "an unknown version is refused with those known" says 'alpha@3.0: .*known versions: 2.0, 1.0, system'
check "as wrong input" exits 2
meshbench install --vpn nobody
check "and so is an unknown VPN" says "'nobody' is not among the drivers"
meshbench doctor
check "doctor says what is installed" prints 'alpha .*yes .*2.0 installed; also known: 1.0'
check "and how many VPNs that makes" prints '^2 VPNs can be measured here; next: '
check "and how to get what can be installed" prints 'beta .*no .*meshbench install --vpn beta'
check "and what its project says about the rest" prints 'gamma .*no .*hands it out on paper'
meshbench list vpns
check "list shows the versions, a star where one is installed" prints 'alpha .*2.0\*  1.0$'
env -u HOME -u MESHBENCH_VPNS -u XDG_DATA_HOME "$MESHBENCH" install --vpn alpha >"$scratch/out" 2>"$scratch/err"
check "without a home the folder is asked for" says 'set MESHBENCH_VPNS'
check "nothing is left behind" nothing_is_left
finish
