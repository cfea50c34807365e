#!/bin/sh
# Fails when a source is not laid out as .clang-format says.
cd "$(dirname "$0")/.." || exit 1
find sensorium tests bench examples -name '*.h' -o -name '*.cpp' | xargs clang-format --dry-run -Werror
