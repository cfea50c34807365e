"""A folder of pictures to normalised tensors: bench_pictures beside Pillow + transformers and Pillow alone.

Usage: pictures.py BENCH_PICTURES FOLDER PREPROCESSOR_FOLDER [--runs 5] [--large FOLDER_TO_MAKE] [--check]
Needs Pillow, numpy, transformers. Runs are interleaved; the figure is the median over runs of the ratio in one round.
--large first makes 100 JPEG files of 3000x2000 in that folder (from FOLDER's pictures, enlarged, with noise) and uses them.

"""
import argparse
import io
import json
import multiprocessing as mp
import os
import resource
import statistics
import subprocess
import time


def files_in(folder):
    return sorted(os.path.join(folder, f) for f in os.listdir(folder))


def pillow_alone(files, config):
    from PIL import Image
    size = config["size"]
    for f in files:
        with Image.open(f) as im:
            im = im.convert("RGB")
            if "shortest_edge" in size:
                n, w, h = size["shortest_edge"], *im.size
                wh = (n, int(n * h / w)) if w <= h else (int(n * w / h), n)
            else:
                wh = (size["width"], size["height"])
            im.resize(wh, Image.Resampling(config["resample"])).load()


def with_transformers(files, config):
    from PIL import Image
    p = PROCESSOR
    for f in files:
        with Image.open(f) as im:
            p(images=im, return_tensors="np")


PROCESSOR = None


def worker(job, files, config, start, done):
    global PROCESSOR
    if job is with_transformers:
        import torch
        torch.set_num_threads(1)
        PROCESSOR = load_processor(config)
    job(files[:2], config)
    done.wait()
    start.wait()
    used = resource.getrusage(resource.RUSAGE_SELF)
    job(files, config)
    now = resource.getrusage(resource.RUSAGE_SELF)
    done.wait()
    QUEUE.put(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)


def load_processor(config):
    import importlib
    from transformers import models  # noqa: F401
    name = config["image_processor_type"]
    family = {"CLIPImageProcessor": "clip", "BlipImageProcessor": "blip", "SiglipImageProcessor": "siglip", "ViTImageProcessor": "vit"}[name]
    module = importlib.import_module(f"transformers.models.{family}.image_processing_pil_{family}")
    keep = {k: v for k, v in config.items() if k not in ("image_processor_type",)}
    return getattr(module, name + "Pil")(**keep)


def timed(job, files, config, processes):
    global QUEUE
    QUEUE = mp.Queue()
    start, done = mp.Event(), mp.Barrier(processes + 1)
    ps = [mp.Process(target=worker, args=(job, files[i::processes], config, start, done)) for i in range(processes)]
    for p in ps:
        p.start()
    done.wait()
    t = time.perf_counter()
    start.set()
    done.wait()
    wall = time.perf_counter() - t
    cpu = sum(QUEUE.get() for _ in ps)
    for p in ps:
        p.join()
    return {"wall_s": wall, "processor_s": cpu}


def ours(bench, folder, config_folder, threads):
    out = subprocess.run([bench, folder, config_folder, str(threads), "1"], check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def make_large(source, folder, n=100):
    import numpy as np
    from PIL import Image
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(1)
    for i, f in enumerate(files_in(source)[:n]):
        path = os.path.join(folder, f"{i:03d}.jpg")
        if os.path.exists(path):
            continue
        im = Image.open(f).convert("RGB").resize((3000, 2000), Image.Resampling.BICUBIC)
        a = np.asarray(im).astype(np.int16) + rng.normal(0, 4, (2000, 3000, 1)).astype(np.int16)
        b = io.BytesIO()
        Image.fromarray(a.clip(0, 255).astype(np.uint8)).save(b, "JPEG", quality=90)
        open(path, "wb").write(b.getvalue())


def main():
    p = argparse.ArgumentParser()
    p.add_argument("bench"), p.add_argument("folder"), p.add_argument("config")
    p.add_argument("--runs", type=int, default=5), p.add_argument("--large"), p.add_argument("--only", default="")
    a = p.parse_args()
    if a.large:
        make_large(a.folder, a.large)
        a.folder = a.large
    files, config = files_in(a.folder), json.load(open(os.path.join(a.config, "preprocessor_config.json")))
    jobs = {"sensorium, 2 threads": lambda: ours(a.bench, a.folder, a.config, 2),
            "Pillow alone, 2 processes": lambda: timed(pillow_alone, files, config, 2),
            "transformers, 2 processes": lambda: timed(with_transformers, files, config, 2),
            "transformers, 1 process": lambda: timed(with_transformers, files, config, 1)}
    rounds = {k: [] for k in jobs if a.only in k or k.startswith("sensorium")}
    for _ in range(a.runs):
        for k in rounds:
            rounds[k].append(jobs[k]())
    base = rounds["sensorium, 2 threads"]
    report = {"folder": os.path.basename(a.folder), "pictures": len(files), "runs": a.runs}
    for k, v in rounds.items():
        report[k] = {"wall_s": round(statistics.median(x["wall_s"] for x in v), 3),
                     "processor_s": round(statistics.median(x["processor_s"] for x in v), 3)}
        if v is not base:
            report[k] |= {f"times_slower_{m}": round(statistics.median(x[m + "_s"] / y[m + "_s"] for x, y in zip(v, base)), 2) for m in ("wall", "processor")}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
