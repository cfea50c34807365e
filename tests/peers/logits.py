"""Logits of `sensorium embed`, for comparison with those of transformers."""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image

TEXTS = ["a red car", "two dogs in the snow", "Ein Haus", "a", "music: notes & a drum, 1984!", "一只猫"]


def make_pictures(folder):
    """Opaque pictures of sizes that need resizing both ways, with soft and sharp parts."""
    rng = np.random.default_rng(5)
    paths = []
    for i, (height, width) in enumerate([(97, 61), (64, 64), (31, 200), (300, 420)]):
        y, x = np.mgrid[0:height, 0:width]
        waves = [np.sin(x * rng.uniform(0.01, 0.3) + y * rng.uniform(0.01, 0.3)) for _ in range(3)]
        pixels = np.stack(waves, -1) * 100 + 128 + rng.integers(-20, 20, (height, width, 3))
        paths.append(pathlib.Path(folder, f"{i}.png"))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(paths[-1])
    return paths


def embeds(program, model, *inputs):
    """Rows of unit length."""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "x.npy")
        subprocess.run([program, "embed", "--model", model, "--output", output, *inputs], check=True, stdout=subprocess.DEVNULL)
        rows = np.load(output).astype(np.float64)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def logits(program, model, pictures, scale, bias=0.0):
    """Of every picture with every text: [pictures, texts]."""
    images = embeds(program, model, *map(str, pictures))
    texts = embeds(program, model, "--text", *TEXTS)
    return scale * images @ texts.T + bias


def check(name, ours, theirs, limit=1e-4):
    error = float(np.abs(ours - theirs).max())
    print(json.dumps({"check": name, "shape": list(ours.shape), "largest_difference": error, "limit": limit}))
    assert ours.shape == theirs.shape and error <= limit, f"{name}: logits differ by {error}, more than {limit}"
