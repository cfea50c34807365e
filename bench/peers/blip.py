#!/usr/bin/env python3
"""BLIP captions here and in transformers: a captioner of BLIP-base's size at 384 pixels with random weights, 20 new tokens, in turn.

    blip.py BENCH_BLIP FOLDER [--rounds 3] [--batches 1:1 8:1 1:3] [--ours fp32 bf16 int8] [--theirs float32 bfloat16] [--json OUT]

A batch is PICTURES:BEAMS. FOLDER gets the checkpoint (about 900 MB) and the pixels once. Needs torch, transformers and numpy. Each round runs
every contender once; figures are medians over rounds, pictures a second; the ratio is the median of each round's, of ours in a precision
to theirs in the same (int8: to our bf16). Ids of the first picture in float32 are compared and the number of equal ones printed.
"""
import argparse, json, os, statistics, subprocess, time
import numpy as np

THREADS, TOKENS = 2, 20
os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))


def make(folder):
    import torch
    from transformers import BlipConfig, BlipForConditionalGeneration
    if os.path.exists(f"{folder}/model.safetensors"):
        return
    torch.manual_seed(0)
    config = BlipConfig(text_config={"num_attention_heads": 12}, vision_config={"initializer_range": 0.02})
    model = BlipForConditionalGeneration(config)
    with torch.no_grad():
        model.text_decoder.cls.predictions.bias.normal_(std=2.0)
    model.save_pretrained(folder)


class Ours:
    def __init__(self, binary, folder, precision):
        self.p = subprocess.Popen([binary, folder, precision, str(THREADS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, path, pixels, beams):
        self.p.stdin.write(f"captions {path} {len(pixels)} {beams} {TOKENS} 1\n")
        self.p.stdin.flush()
        line = json.loads(self.p.stdout.readline())
        return line["seconds"][0], line["ids"]


class Theirs:
    def __init__(self, folder, dtype):
        import torch
        from transformers import BlipForConditionalGeneration
        torch.set_num_threads(THREADS)
        self.dtype = getattr(torch, dtype)
        self.model = BlipForConditionalGeneration.from_pretrained(folder, dtype=self.dtype).eval()

    def run(self, path, pixels, beams):
        import torch
        start = time.perf_counter()
        with torch.inference_mode():
            ids = self.model.generate(torch.from_numpy(pixels).to(self.dtype), num_beams=beams, do_sample=False, max_new_tokens=TOKENS,
                                      min_new_tokens=TOKENS)
        return time.perf_counter() - start, ids[0].tolist()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", nargs="+", default=["1:1", "8:1", "1:3"])
    parser.add_argument("--ours", nargs="+", default=["fp32", "bf16", "int8"])
    parser.add_argument("--theirs", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--json")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    make(options.folder)
    names = {"fp32": "float32", "bf16": "bfloat16"}
    contenders = {p: Ours(options.bench, options.folder, p) for p in options.ours} | {t: Theirs(options.folder, t) for t in options.theirs}
    result = {}
    for batch in options.batches:
        pictures, beams = map(int, batch.split(":"))
        pixels = np.random.default_rng(1).standard_normal((pictures, 3, 384, 384)).astype(np.float32)
        path = f"{options.folder}/pixels.{pictures}.f32"
        pixels.tofile(path)
        rates, ids = {name: [] for name in contenders}, {}
        for _ in range(options.rounds):
            for name, contender in contenders.items():
                seconds, ids[name] = contender.run(path, pixels, beams)
                rates[name].append(pictures / seconds)
        row = {"pictures_per_s": {n: round(statistics.median(r), 3) for n, r in rates.items()}, "ratios": {}}
        for ours in options.ours:
            peer = names.get(ours, "bf16")
            if peer in rates:
                row["ratios"][f"{ours} / {peer}"] = round(statistics.median(a / b for a, b in zip(rates[ours], rates[peer])), 2)
        if "fp32" in ids and "float32" in ids:
            row["equal_ids"] = f"{sum(a == b for a, b in zip(ids['fp32'], ids['float32']))} of {len(ids['float32'])}"
        result[batch] = row
        print(batch, json.dumps(row), flush=True)
    if options.json:
        json.dump(result, open(options.json, "w"), indent=1)


main()
