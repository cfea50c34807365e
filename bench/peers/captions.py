"""Captions to padded ids: bench_captions beside Hugging Face `tokenizers` (Rust), on one thread and on two.

Usage: captions.py BENCH_CAPTIONS CAPTIONS TOKENIZER_FOLDER [--runs 7]
CAPTIONS has one text a line; the folder is one that transformers' AutoTokenizer reads. Needs transformers. The peer is
encode_batch_fast (no offsets) in a process of its own, whose first call is not counted. Runs are interleaved; the figure
is the median over runs of the ratio in one round. Ids have to be as many in both.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time


def load(folder):
    names = set(os.listdir(folder))
    if "tokenizer.json" in names:
        from tokenizers import Tokenizer
        return Tokenizer.from_file(f"{folder}/tokenizer.json")
    from transformers import BertTokenizer, CLIPTokenizer
    return (CLIPTokenizer if "merges.txt" in names else BertTokenizer).from_pretrained(folder).backend_tokenizer


def peer(captions, folder):
    tokenizer = load(folder)
    tokenizer.no_truncation()
    texts = open(captions, encoding="utf-8", newline="\n").read().split("\n")[:-1]
    tokenizer.enable_padding()
    tokenizer.encode_batch_fast(texts[:2000])
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        start = time.perf_counter()
        rows = tokenizer.encode_batch_fast(texts)
        wall = time.perf_counter() - start
        now = resource.getrusage(resource.RUSAGE_SELF)
        ids = sum(sum(r.attention_mask) for r in rows)
        cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        print(json.dumps({"captions": len(texts), "wall_s": wall, "processor_s": cpu, "ids": ids}), flush=True)


def main():
    if sys.argv[1] == "--peer":
        return peer(sys.argv[2], sys.argv[3])
    p = argparse.ArgumentParser()
    p.add_argument("bench"), p.add_argument("captions"), p.add_argument("folder"), p.add_argument("--runs", type=int, default=7)
    a = p.parse_args()
    for threads in ("1", "2"):
        env = os.environ | {"RAYON_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "true" if threads != "1" else "false"}
        other = subprocess.Popen([sys.executable, __file__, "--peer", a.captions, a.folder], env=env, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        ours, theirs = [], []
        for _ in range(a.runs):
            out = subprocess.run([a.bench, a.captions, a.folder, threads, "1"], check=True, capture_output=True, text=True).stdout
            ours.append(json.loads(out))
            other.stdin.write("go\n")
            other.stdin.flush()
            theirs.append(json.loads(other.stdout.readline()))
            assert ours[-1]["ids"] == theirs[-1]["ids"], (ours[-1], theirs[-1])
        other.stdin.close()
        report = {"tokenizer": os.path.basename(os.path.normpath(a.folder)), "captions": ours[0]["captions"],
                  "ids": ours[0]["ids"], "threads": int(threads), "runs": a.runs}
        for m in ("wall_s", "processor_s"):
            report[f"sensorium_{m}"] = round(statistics.median(x[m] for x in ours), 4)
            report[f"tokenizers_{m}"] = round(statistics.median(x[m] for x in theirs), 4)
            report[f"times_faster_{m[:-2]}"] = round(statistics.median(y[m] / x[m] for x, y in zip(ours, theirs)), 1)
        print(json.dumps(report))


if __name__ == "__main__":
    main()
