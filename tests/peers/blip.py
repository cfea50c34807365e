"""blip.py PROGRAM TINY FOLDER: BLIP both ways. TINY holds blip_caption, blip_retrieval and blip_vqa as sensorium wrote them (make_tiny_models);
they load in transformers and give the same captions, answers and scores; and so do models that transformers writes, in sensorium."""

import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers as hf
from PIL import Image

from logits import check, make_pictures

program, tiny = sys.argv[1], pathlib.Path(sys.argv[2])
pictures = make_pictures(sys.argv[3])
images = [Image.open(p).convert("RGB") for p in pictures]
TEXTS = ["a red car", "two dogs in the snow", "the one pattern"]
QUESTION = "what colour is the pattern?"
torch.manual_seed(5)


def ours(command, folder, *words):
    """The JSON lines of a command on all pictures."""
    run = [program, command, "--model", folder, *map(str, pictures), *words, "--precision", "fp32", "--json"]
    return [json.loads(line) for line in subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout.splitlines()]


def same(name, a, b):
    print(json.dumps({"check": name, "texts": a}))
    assert a == b, f"{name}: {a} by sensorium, {b} by transformers"


def texts_of(tokenizer, config, ids):
    special = {config.bos_token_id, config.pad_token_id, config.sep_token_id}
    return [tokenizer.decode([i for i in row.tolist() if i not in special]) for row in ids]


def compare(kind, folder, origin):
    model = getattr(hf, kind).from_pretrained(folder).eval()
    tokenizer = hf.AutoTokenizer.from_pretrained(folder)
    pixels = hf.AutoImageProcessor.from_pretrained(folder, backend="pil")(images, return_tensors="pt")["pixel_values"]
    name, text = f"{kind} that {origin} wrote", model.config.text_config
    for beams in (1, 3):
        options = {"max_new_tokens": 12, "num_beams": beams, "do_sample": False}
        if kind == "BlipForConditionalGeneration":
            ids = model.generate(pixels, **options)
            lines = ours("caption", folder, "--beams", str(beams), "--max-tokens", "12")
            same(f"{name}: captions, {beams} beams", [l["caption"] for l in lines], texts_of(tokenizer, text, ids))
        if kind == "BlipForQuestionAnswering":
            question = tokenizer([QUESTION] * len(images), return_tensors="pt")
            ids = model.generate(question.input_ids, pixels, attention_mask=question.attention_mask, **options)
            lines = ours("ask", folder, "--question", QUESTION, "--beams", str(beams), "--max-tokens", "12")
            same(f"{name}: answers, {beams} beams", [l["answer"] for l in lines], texts_of(tokenizer, text, ids))
    if kind == "BlipForImageTextRetrieval":
        lines = iter(ours("match", folder, "--text", *TEXTS))
        for pixel in pixels:
            for sentence in TEXTS:
                tokens = tokenizer([sentence], return_tensors="pt")
                pair = dict(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask, pixel_values=pixel[None])
                with torch.no_grad():
                    match = model(**pair).itm_score.softmax(1)[0, 1].item()
                    cosine = model(**pair, use_itm_head=False).itm_score[0, 0].item()
                line = next(lines)
                got = torch.tensor([line["match"], line["cosine"]], dtype=torch.float64).numpy()
                check(f"{name}: {sentence}", got, torch.tensor([match, cosine], dtype=torch.float64).numpy())


for kind, name in (("BlipForConditionalGeneration", "blip_caption"), ("BlipForImageTextRetrieval", "blip_retrieval"),
                   ("BlipForQuestionAnswering", "blip_vqa")):
    compare(kind, str(tiny / name), "sensorium")
    with tempfile.TemporaryDirectory() as out:
        config = hf.BlipConfig.from_pretrained(tiny / name)
        model = getattr(hf, kind)(config).eval()
        with torch.no_grad():  # livelier than fresh weights, whose captions are one word again and again
            for parameter in model.parameters():
                parameter.add_(0.3 * torch.randn(parameter.shape))
        model.save_pretrained(out)
        hf.AutoTokenizer.from_pretrained(tiny / name).save_pretrained(out)
        hf.AutoImageProcessor.from_pretrained(tiny / name, backend="pil").save_pretrained(out)
        compare(kind, out, "transformers")
