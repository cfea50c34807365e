#!/usr/bin/env bash
# Runs every fuzzer for some seconds: run.sh BUILD_FOLDER [SECONDS] [NAME...]. Begins with the files of tests/goldens of
# that kind; what it finds lies in BUILD_FOLDER/findings/NAME. Exit 1 when there is a finding.
set -uo pipefail
build=$(readlink -f "$1")
seconds=${2:-300}
shift $(($# < 2 ? $# : 2))
here=$(readlink -f "$(dirname "$0")")
goldens=$here/../goldens
found=0
for program in "$build"/bin/fuzz_*; do
  name=${program##*/fuzz_}
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  corpus=$build/corpus/$name
  findings=$build/findings/$name
  mkdir -p "$corpus" "$findings"
  if [ -z "$(ls "$corpus")" ]; then
    case $name in
      io_jpeg | io_pipeline) seeds=("$goldens"/images/files/*.jpg "$goldens"/images/bad/*.jpg) ;;
      io_png) seeds=("$goldens"/images/files/*.png "$goldens"/images/bad/*.png) ;;
      io_webp) seeds=("$goldens"/images/files/*.webp) ;;
      io_gif) seeds=("$goldens"/images/files/*.gif) ;;
      io_bmp) seeds=("$goldens"/images/files/*.bmp) ;;
      io_tiff) seeds=("$goldens"/images/files/*.tif) ;;
      io_safetensors) seeds=("$goldens"/clip/loss_margin/*.safetensors) ;;
      io_processor_config) seeds=("$goldens"/images/processors/*/preprocessor_config.json) ;;
      models_config) seeds=("$goldens"/clip/*/config.json "$goldens"/clip/*/open_clip_config.json "$goldens"/blip/*/config.json) ;;
      text_sentencepiece) seeds=("$goldens"/tokenizers/sp_*_bytes/*.model) ;;
      text_tokenizer_json) seeds=("$goldens"/tokenizers/t5_unigram/tokenizer.json "$goldens"/tokenizers/wordpiece_1000/tokenizer.json) ;;
      text_vocab_txt) seeds=("$goldens"/tokenizers/wordpiece_1000/vocab.txt) ;;
      *) seeds=("$here/seeds/$name"/*) ;;
    esac
    i=0
    for seed in "${seeds[@]}"; do
      [ -f "$seed" ] && cp "$seed" "$corpus/seed_$((i++))"
    done
  fi
  printf '%s: %s s\n' "$name" "$seconds"
  if ! "$program" -max_total_time="$seconds" -rss_limit_mb=2048 -malloc_limit_mb=1024 -timeout=20 -max_len=20000 \
    -artifact_prefix="$findings/" -print_final_stats=1 "$corpus" >"$build/fuzz_$name.log" 2>&1; then
    printf '%s: a finding, see %s\n' "$name" "$build/fuzz_$name.log"
    found=1
  fi
done
exit $found
