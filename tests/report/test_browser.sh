#!/bin/sh
# SPDX-License-Identifier: MIT
# The page in a real browser: no errors on its console, charts drawn by its script, also by keyboard.
# usage: test_browser.sh TOOL HAS_SCRIPT
set -u
# On a network of its own, where nobody delays or drops what goes over the loopback device.
PATH=$PATH:/usr/sbin:/sbin
if [ -z "${OWN_NETWORK:-}" ] && unshare --user --map-root-user --net ip link set lo up 2>/dev/null; then
	export OWN_NETWORK=1
	exec unshare --user --map-root-user --net sh -c 'ip link set lo up && exec sh "$@"' sh "$0" "$@"
fi
here=$(dirname "$0")
if ! command -v chromium >/dev/null; then
	if [ "${MESHBENCH_MUST_WORK:-}" = 1 ]; then
		echo "not ok 1 - chromium is there"
		echo "1..1"
		exit 1
	fi
	echo "1..0 # SKIP no chromium"
	exit 0
fi
if [ "$2" = false ]; then
	echo "1..0 # SKIP built without the script of the page (npm ci in web/)"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/make_tree.py" "$work/tree" --seed 5
"$1" report "$work/tree" >/dev/null || exit 1
count=0
failed=0

check() {
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		console | head -5 | sed 's/^/# /'
		failed=1
	fi
}

# What the page's console says; Chromium's own pages have one, too, and it notes that a frame's script did not run.
console() {
	grep CONSOLE "$work/log" | grep -v -e 'source: chrome://' -e 'Blocked script execution in .*sandboxed'
}

browse() { # browse URL; the page as it is when it has loaded, on $work/dom
	timeout 90 chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --user-data-dir="$work/profile" --enable-logging=stderr \
		--window-size=1280,20000 --dump-dom "$1" >"$work/dom" 2>"$work/log"
}

browse "file://$work/tree/report.html"
check "the browser shows the page" $?
! console >/dev/null
check "its console stays empty" $?
! grep -q '<form id="filters" hidden' "$work/dom"
check "filters are shown once they work" $?
[ "$(grep -o 'tabindex="0"' "$work/dom" | wc -l)" -ge 20 ]
check "headings can be reached by keyboard" $?
browse "file://$work/tree/report.html#samples-Wireguard-baseline"
grep -o '<details class="samples" id="samples-Wireguard-baseline"[^>]*>' "$work/dom" | grep -q open
check "a link to samples opens them" $?

# The same page with a reader in it who presses buttons and writes down what happened, and one of many VPNs.
cat "$work/tree/report.html" "$here/reader.html" >"$work/tree/read.html"
python3 "$here/make_tree.py" "$work/crowd" --vpns 110 --profiles 1
"$1" report "$work/crowd" >/dev/null || exit 1
cat "$work/crowd/report.html" "$here/crowd.html" >"$work/tree/crowd.html"
mkfifo "$work/port"
python3 "$here/serve.py" "$work/tree" >"$work/port" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
read -r port <"$work/port"

read_page() { # read_page NAME NOTE...: what the reader noted on the page
	browse "http://127.0.0.1:$port/$1.html"
	check "the page $1 is shown" $?
	! console >/dev/null
	check "its console stays empty as well" $?
	shift
	for what in "$@"; do
		grep -q "data-read-${what%%=*}=\"${what#*=}\"" "$work/dom"
		check "the reader got $what" $?
	done
}

read_page read lazy=yes alone=yes byvalue=yes drawn=yes csv=text/csv svg=image/svg+xml png=image/png filtered=yes undisturbed=yes opened=yes sorted=yes \
	evidence=yes differing=yes themed=yes
# As somebody sees it who lets no script run: all that these would make is there.
cp "$here/still.html" "$work/tree/still.html"
read_page still answers=yes charts=yes tables=yes samples=yes filters=absent wide=no
read_page crowd nodes=few head=small wide=no map=yes bounded=yes values=yes alone=yes printed=yes
echo "1..$count"
exit $failed
