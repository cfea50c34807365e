#!/usr/bin/env python3
"""A folder of JPEG to a file of embeddings: `sensorium embed` beside the usual Python, both as whole processes, in turn.

    folder.py SENSORIUM MODEL FOLDER [--count 7000] [--rounds 3] [--precisions bf16 int8] [--json OUT]

MODEL is a CLIP checkpoint (bench/peers/towers.py makes one), FOLDER has the pictures. The peer is Pillow, transformers' processor (its
Pillow backend) and PyTorch in bfloat16 on 2 threads: batches of 32, pictures made ready by no, 1 or 2 worker processes,
whichever is fastest in a first trial; its clock starts when everything is imported and loaded, and both modules are warm.
Ours is timed with its start. Prints seconds, pictures a second and the ratio of each round's.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time

PEER = r'''
import json, os, sys, time
import numpy as np, torch
from PIL import Image
from transformers import CLIPModel
try:
    from transformers import CLIPImageProcessorPil as Processor
except ImportError:
    from transformers import CLIPImageProcessor as Processor
model_folder, listing, workers, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(2)
files = open(listing).read().split("\n")
processor = Processor.from_pretrained(model_folder)
model = CLIPModel.from_pretrained(model_folder, dtype=torch.bfloat16).eval()

class Pictures(torch.utils.data.Dataset):
    def __len__(self): return len(files)
    def __getitem__(self, i):
        return processor(images=Image.open(files[i]).convert("RGB"), return_tensors="pt")["pixel_values"][0]

def embed(pixels):
    with torch.inference_mode():
        y = model.visual_projection(model.vision_model(pixels.bfloat16()).pooler_output)
        return (y / y.norm(dim=-1, keepdim=True)).float().numpy()

embed(torch.zeros(32, 3, 224, 224))
start = time.perf_counter()
loader = torch.utils.data.DataLoader(Pictures(), batch_size=32, num_workers=workers)
np.save(out, np.concatenate([embed(b) for b in loader]))
print(time.perf_counter() - start)
'''


def main():
    a = argparse.ArgumentParser()
    a.add_argument("sensorium")
    a.add_argument("model")
    a.add_argument("folder")
    a.add_argument("--count", type=int, default=7000)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--precisions", nargs="+", default=["bf16", "int8"])
    a.add_argument("--json")
    args = a.parse_args()
    files = sorted(os.path.join(args.folder, f) for f in os.listdir(args.folder))[:args.count]
    work = tempfile.mkdtemp()
    pictures = os.path.join(work, "pictures")
    os.mkdir(pictures)
    for f in files:
        os.symlink(os.path.abspath(f), os.path.join(pictures, os.path.basename(f)))
    listing, trial = os.path.join(work, "list.txt"), os.path.join(work, "trial.txt")
    open(listing, "w").write("\n".join(files))
    open(trial, "w").write("\n".join(files[:min(len(files), 320)]))

    def peer(which, workers):
        out = subprocess.run([sys.executable, "-c", PEER, args.model, which, str(workers), f"{work}/peer.npy"], check=True,
                             capture_output=True, text=True)
        return float(out.stdout.split()[-1])

    def ours(precision):
        start = time.perf_counter()
        subprocess.run([args.sensorium, "embed", "--model", args.model, "--precision", precision, pictures, "--output",
                        f"{work}/{precision}.npy"], check=True, capture_output=True)
        return time.perf_counter() - start

    workers = min((0, 1, 2), key=lambda w: peer(trial, w))
    times = {f"sensorium {p}": [] for p in args.precisions}
    times["python"] = []
    for _ in range(args.rounds):
        for p in args.precisions:
            times[f"sensorium {p}"].append(ours(p))
        times["python"].append(peer(listing, workers))
    import numpy as np
    reference = np.load(f"{work}/peer.npy")
    reference /= np.linalg.norm(reference, axis=1, keepdims=True)  # its own norm is rounded to bfloat16
    result = {"pictures": len(files), "peer_workers": workers}
    for name, t in times.items():
        ratio = statistics.median(b / s for s, b in zip(t, times["python"]))
        result[name] = {"s": statistics.median(t), "per_s": len(files) / statistics.median(t), "times_python": ratio}
        line = f"{name:16} {statistics.median(t):7.1f} s  {len(files) / statistics.median(t):7.1f}/s  {ratio:5.2f} x python ({workers} workers)"
        if name != "python":
            cosine = (np.load(f"{work}/{name.split()[1]}.npy") * reference).sum(1)
            result[name]["cosine"] = [float(cosine.mean()), float(cosine.min())]
            line += f"  cosine to it: mean {cosine.mean():.5f}, least {cosine.min():.5f}"
        print(line, flush=True)
    if args.json:
        json.dump(result, open(args.json, "w"), indent=1)


if __name__ == "__main__":
    main()
