#!/usr/bin/env bash
# Runs every fuzzer until it has used some seconds of processor: run.sh BUILD_FOLDER [SECONDS] [NAME...]. Begins with the
# files of tests/goldens of that kind, or those of seeds/NAME. What it finds lies in BUILD_FOLDER/findings/NAME, what is
# said in BUILD_FOLDER/fuzz_NAME.log; one line a fuzzer is added to BUILD_FOLDER/fuzz.tsv: name, result, seconds of
# processor, seconds by the clock, runs. Exit 1 when there is a finding.
set -uo pipefail
build=$(readlink -f "$1")
[ -n "$(ls "$build"/bin/fuzz_* 2>/dev/null)" ] || { echo "run.sh: expected a folder with fuzzers built, got $1" >&2; exit 2; }
seconds=${2:-300}
shift $(($# < 2 ? $# : 2))
here=$(readlink -f "$(dirname "$0")")
goldens=$here/../goldens
tick=$(getconf CLK_TCK)
found=0

# Where the first inputs of a fuzzer lie.
seeds_of() {
  case $1 in
    io_jpeg | io_pipeline) echo "$goldens"/images/files/*.jpg "$goldens"/images/bad/*.jpg ;;
    io_png) echo "$goldens"/images/files/*.png "$goldens"/images/bad/*.png ;;
    io_webp) echo "$goldens"/images/files/*.webp ;;
    io_gif) echo "$goldens"/images/files/*.gif ;;
    io_bmp) echo "$goldens"/images/files/*.bmp ;;
    io_tiff) echo "$goldens"/images/files/*.tif ;;
    io_sound)
      find /usr/share/tuxpaint/stamps -name '*.ogg' -size -8k
      echo "$here"/seeds/io_sound/*
      ;;
    io_safetensors) echo "$goldens"/clip/loss_margin/*.safetensors ;;
    models_weights) echo "$goldens"/clip/loss_margin/*.safetensors "$goldens"/clip/lora_clip/adapter/*.safetensors ;;
    models_adapter) echo "$goldens"/clip/lora_clip/adapter/*.json ;;
    io_processor_config) echo "$goldens"/images/processors/*/preprocessor_config.json ;;
    models_config) echo "$goldens"/clip/*/config.json "$goldens"/clip/*/open_clip_config.json "$goldens"/blip/*/config.json ;;
    text_sentencepiece) echo "$goldens"/tokenizers/sp_*_bytes/*.model ;;
    text_tokenizer_json) echo "$goldens"/tokenizers/t5_unigram/tokenizer.json "$goldens"/tokenizers/wordpiece_1000/tokenizer.json ;;
    text_vocab_txt) echo "$goldens"/tokenizers/wordpiece_1000/vocab.txt ;;
    data_svg | data_openclipart) find /usr/share/openclipart/svg -name '*.svg' -size -4k ;;
    data_cldr) find /usr/share/unicode/cldr/common/annotations -name '*.xml' -size -16k ;;
    *) echo "$here/seeds/$1"/* ;;
  esac
}

# Seconds of processor that a process has used.
used() {
  local fields
  read -r -a fields < <(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
  [ "${fields[0]}" != Z ] || return 1
  echo $(((fields[11] + fields[12]) / tick))
}

# run_one PROGRAM NAME
run_one() {
  local corpus=$build/corpus/$2 findings=$build/findings/$2 log=$build/fuzz_$2.log start=$SECONDS now=0 taken=0 i=0
  mkdir -p "$corpus" "$findings"
  if [ -z "$(ls "$corpus")" ]; then
    for seed in $(seeds_of "$2"); do
      [ -f "$seed" ] && cp "$seed" "$corpus/seed_$((i++))"
    done
  fi
  "$1" -rss_limit_mb=2048 -malloc_limit_mb=1024 -timeout=60 -max_len=20000 -artifact_prefix="$findings/" \
    -print_final_stats=1 "$corpus" >"$log" 2>&1 &
  local process=$! result=clean
  while now=$(used "$process"); do
    taken=$now
    [ "$taken" -ge "$seconds" ] && kill -USR1 "$process" 2>/dev/null # libFuzzer then ends by itself
    sleep 1
  done
  wait "$process" || { result=finding; found=1; }
  printf '%s\t%s\t%s\t%s\t%s\n' "$2" "$result" "$taken" "$((SECONDS - start))" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" | tee -a "$build/fuzz.tsv"
}

for program in "$build"/bin/fuzz_*; do
  name=${program##*/fuzz_}
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  run_one "$program" "$name"
done
exit $found
