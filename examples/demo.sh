#!/usr/bin/env bash
# demo.sh BIN OUT: the main job of ./run. Prepares the embedded captioned pictures, trains a CLIP on them from scratch, and
# says how good it is on pictures it never saw. What is already there is not made again.
set -euo pipefail
bin=$1 out=$2
root=$(dirname "$(dirname "$(readlink -f "$0")")")
config=$root/configs/train/demo.json
say() { printf '%s\n' "$*" >&2; }

mkdir -p "$out"
[ -e "$out/report.html" ] || say "about 10 minutes on 2 processors: 1 to prepare the pictures, 8 to train, then the report"
if [ ! -e "$out/data/manifest.json" ]; then
  say "preparing captioned pictures from Debian packages"
  "$bin/sensorium" data prepare builtin --languages en --out "$out/data"
fi
if [ ! -e "$out/clip/done" ]; then
  say "training (continues where an earlier run was stopped)"
  (cd "$root" && "$bin/sensorium" train clip --config "$config" --data "$out/data" --out "$out/clip")
  touch "$out/clip/done"
fi
"$bin/sensorium" report --model "$out/clip/best" --data "$out/data" --languages en --output "$out/report.html" \
  --title "A CLIP trained on pictures from Debian, on pictures it never saw"
