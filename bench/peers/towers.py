#!/usr/bin/env python3
"""CLIP's towers here and in ONNX Runtime, OpenVINO and PyTorch: the same weights, made at random, the same inputs, in turn.

    towers.py BENCH_TOWERS FOLDER [--captions FILE] [--rounds 7] [--batches 1 8 32] [--json OUT]

FOLDER is made once: a checkpoint of a CLIP of ViT-B/32's size, its ONNX export, pixels. Needs torch, transformers, onnx,
onnxscript, onnxruntime, openvino and numpy. Every round runs each contender once per batch size, for about a second; a
contender's figure is the median over rounds, and ratios are medians of each round's. Embeddings are compared with PyTorch's float32.
"""
import argparse, json, os, shutil, statistics, subprocess, sys, time
import numpy as np

THREADS = 2
os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))


def is_resnet(folder):
    return json.load(open(f"{folder}/config.json"))["model_type"] == "resnet"


def embed_pixels(model, pixels):
    """image_embeds of a CLIP, pooled features of a ResNet."""
    if not hasattr(model, "visual_projection"):
        return model(pixels).pooler_output.flatten(1)
    x = model.visual_projection(model.vision_model(pixels).pooler_output)
    return x / x.norm(dim=-1, keepdim=True)


def load(folder, dtype):
    from transformers import CLIPModel, ResNetModel
    return (ResNetModel if is_resnet(folder) else CLIPModel).from_pretrained(folder, dtype=dtype).eval()


def make_resnet(folder):
    import torch
    from transformers import ResNetConfig, ResNetModel, ViTImageProcessorPil
    model = ResNetModel(ResNetConfig()).eval()  # ResNet-50
    for m in model.modules():  # statistics as if trained, so that the values neither vanish nor grow
        if isinstance(m, torch.nn.BatchNorm2d):
            m.running_mean.normal_(0, 0.1)
            m.running_var.uniform_(0.5, 1.5)
            m.weight.data.uniform_(0.3, 0.6)
    model.save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 224, "width": 224}).save_pretrained(folder)
    return model


def make(folder, tokenizer, resnet):
    import torch
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizerFast

    if os.path.exists(f"{folder}/vision.onnx"):
        return
    torch.manual_seed(0)
    if resnet:
        return export(make_resnet(folder), folder)
    model = CLIPModel(CLIPConfig()).eval()
    model.save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    if tokenizer:
        for name in ("vocab.json", "merges.txt"):
            shutil.copy(f"{tokenizer}/{name}", folder)
        CLIPTokenizerFast.from_pretrained(folder).save_pretrained(folder)

    export(model, folder)


def export(model, folder):
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Vision(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.m = model

        def forward(self, pixel_values):
            return embed_pixels(self.m, pixel_values)

    torch.onnx.export(Vision().eval(), (torch.zeros(2, 3, 224, 224),), f"{folder}/vision.onnx",
                      input_names=["pixel_values"], output_names=["image_embeds"], dynamo=True, external_data=True,
                      dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=64)},))
    quantize_dynamic(f"{folder}/vision.onnx", f"{folder}/vision_int8.onnx", weight_type=QuantType.QInt8, per_channel=True)


class Ours:
    """One process per precision, which waits between jobs."""

    def __init__(self, binary, folder, precision):
        self.p = subprocess.Popen([binary, folder, precision, str(THREADS)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.folder = folder

    def job(self, kind, path, batch, runs):
        out = f"{self.folder}/ours.{os.getpid()}.f32"
        self.p.stdin.write(f"{kind} {path} {batch} {runs} {out}\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        return json.loads(line)["seconds"], np.fromfile(out, np.float32)

    def images(self, pixels, path, runs):
        seconds, embeds = self.job("images", path, len(pixels), runs)
        return seconds, embeds.reshape(len(pixels), -1)


class Called:
    """A function of the pixels."""

    def __init__(self, function):
        self.function = function

    def images(self, pixels, path, runs):
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            out = self.function(pixels)
            seconds.append(time.perf_counter() - start)
        return seconds, np.asarray(out, dtype=np.float32)


def onnx_runtime(path):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return Called(lambda x: session.run(None, {"pixel_values": x})[0])


def open_vino(path, precision):
    import openvino as ov
    core = ov.Core()
    hints = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY"}
    compiled = {}

    def run(x):
        if len(x) not in compiled:  # a model of that batch size, as its users reshape for speed
            model = core.read_model(path)
            model.reshape({0: [len(x), 3, 224, 224]})
            compiled[len(x)] = core.compile_model(model, "CPU", hints).create_infer_request()
        return compiled[len(x)].infer({0: x})[0].copy()

    return Called(run)


def py_torch(folder, dtype):
    import torch
    torch.set_num_threads(THREADS)
    model = load(folder, dtype)

    def run(x):
        with torch.inference_mode():
            return embed_pixels(model, torch.from_numpy(x).to(dtype)).float().numpy()

    return Called(run), model


def text_rounds(ours, model32, model16, folder, captions, rounds, say):
    """Captions through the text tower: theirs padded to 77, as the processor does, ours cut at the longest."""
    import torch
    from transformers import CLIPTokenizerFast
    tokenizer = CLIPTokenizerFast.from_pretrained(folder)
    lines = [line.rstrip("\n") for line in open(captions, encoding="utf-8")][:256]
    some = f"{folder}/captions.txt"
    open(some, "w", encoding="utf-8").write("".join(f"{l}\n" for l in lines))
    ids = tokenizer(lines, padding="max_length", max_length=77, truncation=True, return_tensors="pt")

    def theirs(model, batch, count):
        parts = []
        start = time.perf_counter()
        with torch.inference_mode():
            for i in range(0, count, batch):
                s = slice(i, min(i + batch, count))
                y = model.text_projection(
                    model.text_model(input_ids=ids.input_ids[s], attention_mask=ids.attention_mask[s]).pooler_output)
                parts.append((y / y.norm(dim=-1, keepdim=True)).float())
        return time.perf_counter() - start, torch.cat(parts).numpy()

    result = {}
    for batch, count in ((1, 16), (32, 256)):
        path = f"{folder}/captions{count}.txt"
        open(path, "w", encoding="utf-8").write("".join(f"{l}\n" for l in lines[:count]))
        times = {}
        for r in range(rounds):
            t32, reference = theirs(model32, batch, count) if r == 0 else (None, reference)
            times.setdefault("torch bf16", []).append(theirs(model16, batch, count)[0])
            for p, o in ours.items():
                seconds, embeds = o.job("texts", path, batch, 2)
                times.setdefault(f"sensorium {p}", []).append(min(seconds))
                cosine = (embeds.reshape(count, -1) * reference).sum(1)
                result[f"cosine {p}"] = float(cosine.min())
        for name, t in times.items():
            ratio = statistics.median(b / a for a, b in zip(t, times["torch bf16"]))
            say(f"texts b{batch:<3} {name:16} {count / statistics.median(t):9.1f}/s   {ratio:5.2f} x torch bf16")
            result[f"b{batch} {name}"] = {"per_s": count / statistics.median(t), "times_torch_bf16": ratio}
    say(f"texts: least cosine to torch fp32: " + ", ".join(f"{p} {result[f'cosine {p}']:.6f}" for p in ours))
    return result


def main():
    a = argparse.ArgumentParser()
    a.add_argument("binary")
    a.add_argument("folder")
    a.add_argument("--captions")
    a.add_argument("--resnet", action="store_true", help="a ResNet-50 instead of a CLIP")
    a.add_argument("--tokenizer", help="folder of CLIP's vocab.json and merges.txt")
    a.add_argument("--rounds", type=int, default=7)
    a.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32])
    a.add_argument("--only", nargs="*", help="contenders whose names contain one of these")
    a.add_argument("--seconds", type=float, default=1.0)
    a.add_argument("--json")
    args = a.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    make(args.folder, args.tokenizer, args.resnet)
    import torch

    torch32, model32 = py_torch(args.folder, torch.float32)
    torch16, model16 = py_torch(args.folder, torch.bfloat16)
    ours = {p: Ours(args.binary, args.folder, p) for p in ("fp32", "bf16", "int8")}
    contenders = {f"sensorium {p}": o for p, o in ours.items()}
    contenders |= {"onnxruntime fp32": onnx_runtime(f"{args.folder}/vision.onnx"),
                   "onnxruntime int8": onnx_runtime(f"{args.folder}/vision_int8.onnx"),
                   "openvino fp32": open_vino(f"{args.folder}/vision.onnx", "f32"),
                   "openvino bf16": open_vino(f"{args.folder}/vision.onnx", "bf16"),
                   "torch fp32": torch32, "torch bf16": torch16}
    if args.only:
        contenders = {n: c for n, c in contenders.items() if any(o in n for o in args.only)}
    result = {"images": {}}
    say = lambda line: print(line, flush=True)
    for batch in args.batches:
        path = f"{args.folder}/pixels{batch}.f32"
        pixels = np.random.default_rng(0).standard_normal((batch, 3, 224, 224), dtype=np.float32)
        pixels.tofile(path)
        reference = torch32.images(pixels, path, 1)[1]
        times, runs, cosine = {n: [] for n in contenders}, {}, {}
        for name, c in contenders.items():
            seconds, embeds = c.images(pixels, path, 3)
            runs[name] = max(1, int(args.seconds / min(seconds)))
            both = embeds * reference
            norms = np.linalg.norm(embeds, axis=1) * np.linalg.norm(reference, axis=1)
            cosine[name] = float((both.sum(1) / norms).min())
        for _ in range(args.rounds):
            for name, c in contenders.items():
                times[name].append(statistics.median(c.images(pixels, path, runs[name])[0]))
        for name, t in times.items():
            entry = {"per_s": batch / statistics.median(t), "cosine": cosine[name]}
            for other, o in times.items():
                entry[f"times {other}"] = statistics.median(b / a for a, b in zip(t, o))
            result["images"][f"b{batch} {name}"] = entry
            ratios = "  ".join(f"{entry[f'times {o}']:5.2f}" for o in times if not o.startswith("sensorium"))
            say(f"images b{batch:<3} {name:18} {entry['per_s']:7.1f}/s  cosine {cosine[name]:.6f}  x peers: {ratios}")
    if args.captions:
        result["texts"] = text_rounds(ours, model32, model16, args.folder, args.captions, args.rounds, say)
    if args.json:
        with open(args.json, "w") as f:
            json.dump(result, f, indent=1)


if __name__ == "__main__":
    main()
