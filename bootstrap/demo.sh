#!/usr/bin/env bash
# The whole path on one machine: a network of real processes on loopback (a bootstrap peer, a Manager, three Workers, three
# Verifiers), a scene in, a verified picture out. Writes out/demo.png and out/demo.exr; leaves no process behind.
#
# NODE names the binary, SCENE the scene, SKY what lights it (R,G,B, an OpenEXR file, or nothing), SIZE and SAMPLES the picture.
set -euo pipefail
cd "$(dirname "$0")/.."
export SWIFT_BACKTRACE=enable=no

node=${NODE:-.build/release/node}
scene=${SCENE:-scenes/flighthelmet.glb}
sky=${SKY-scenes/env_gradient.exr}
size=${SIZE:-640x480}
samples=${SAMPLES:-64}
ready_deadline=60   # seconds until every process has joined
stop_deadline=20    # seconds to drain

[ -x "$node" ] || { echo "demo: $node is not built; run: make demo" >&2; exit 1; }
[ -r "$scene" ] || { echo "demo: cannot read the scene $scene; name another with SCENE=FILE.glb" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/inferix-demo.XXXXXX")
log=$work/devnet.log
network=

# Ends the network and everything it started, which share one session.
stop_network() {
    [ -n "$network" ] || return 0
    kill -TERM "$network" 2>/dev/null || true
    for ((tenths = 0; tenths < stop_deadline * 10; tenths++)); do
        [ -n "$(ps -o pid= -s "$network")" ] || return 0
        sleep 0.1
    done
    echo "demo: processes did not stop within $stop_deadline s:" >&2
    ps -o pid=,args= -s "$network" >&2
    ps -o pid= -s "$network" | xargs -r kill -KILL 2>/dev/null || true
    return 1
}
finish() {
    status=$?
    trap - EXIT INT TERM
    stop_network || status=1
    if [ "$status" -ne 0 ] && [ -s "$log" ]; then
        echo "demo: the last lines of the network's log:" >&2
        tail -n 40 "$log" >&2
    fi
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

setsid "$node" devnet --managers 1 --workers 3 --verifiers 3 --dir "$work/net" </dev/null >"$log" 2>&1 &
network=$!
until grep -qs '^ready ' "$log"; do
    kill -0 "$network" 2>/dev/null || { echo "demo: the network ended before it was ready" >&2; exit 1; }
    [ "$SECONDS" -lt "$ready_deadline" ] || { echo "demo: the network was not ready within $ready_deadline s" >&2; exit 1; }
    sleep 0.1
done
grep '^ready ' "$log"

mkdir -p out
cp "$scene" "$work/demo.glb"   # the pictures are named for the scene
rm -f out/demo.png out/demo.exr
"$node" submit "$work/demo.glb" --network "$work/net/network.toml" --data "$work/client" --out out --wait \
    --size "$size" --samples "$samples" ${sky:+--sky "$sky"} --split tiles --format png,exr

for picture in out/demo.png out/demo.exr; do
    [ -s "$picture" ] || { echo "demo: $picture is missing" >&2; exit 1; }
done
stop_network
network=
echo "wrote out/demo.png and out/demo.exr"
