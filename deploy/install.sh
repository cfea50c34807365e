#!/usr/bin/env bash
# Builds `sensorium` without training (so without LibTorch) and lays it out below a folder, as it lies on a server:
#   usr/bin/sensorium, usr/lib/systemd/system/sensorium.service, usr/share/sensorium/runtime-packages.txt
# The last lists the Debian packages whose libraries the program loads, and curl for health checks.
#   deploy/install.sh FOLDER
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
out=$(readlink -m "$1")
cmake -S . -B build/deploy -G Ninja -DCMAKE_BUILD_TYPE=Release -DSENSORIUM_TRAIN=OFF -DBUILD_TESTING=OFF
cmake --build build/deploy --target sensorium
install -D -s build/deploy/bin/sensorium "$out/usr/bin/sensorium"
install -D -m 644 deploy/sensorium.service "$out/usr/lib/systemd/system/sensorium.service"
install -D -m 644 docs/deploy.md "$out/usr/share/doc/sensorium/deploy.md"
# A library's path may differ from the package's by /usr (merged folders), so both are asked for; the others are unknown.
packages=$(ldd "$out/usr/bin/sensorium" | grep -o '/[^ ]*' | while read -r library; do
  printf '%s\n' "$library" "$(readlink -f "$library")" "/usr$library"
done | { xargs dpkg-query -S 2>/dev/null || true; } | sed 's/:.*//' | sort -u)
[ -n "$packages" ] || { echo "error: [install] expected Debian packages with the program's libraries, got none" >&2; exit 4; }
mkdir -p "$out/usr/share/sensorium"
printf '%s\n' ca-certificates curl libopenblas0-pthread $packages | sort -u >"$out/usr/share/sensorium/runtime-packages.txt"
