#!/usr/bin/env bash
# Installs what a build of `sensorium` needs: the packages of packages.txt but for those that only tests and data need.
#   deploy/build-packages.sh packages.txt
set -euo pipefail
not_needed='^(ccache|clang-format|doctest-dev|fonts-noto-color-emoji|openclipart-svg|python3-pip|tuxpaint-stamps-default|unicode-cldr-core|unzip)$'
apt-get update -qq
sed 's/#.*//' "$1" | grep -Ev "$not_needed" | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y -qq --no-install-recommends
