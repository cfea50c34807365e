"""blip.py PROGRAM TINY FOLDER [TRAINED PICTURES]: BLIP both ways. TINY holds blip_caption, blip_retrieval and blip_vqa as sensorium wrote them
(make_tiny_models); they load in transformers and give the same captions, answers and scores; and so do models that transformers writes, in
sensorium. TRAINED is a captioner that `sensorium train blip` wrote, whose captions of the folder PICTURES vary: its logits too. Its picture
tower may be a ResNet, which `transformers` has, but no BLIP over it: `over_resnet` puts its classes together."""

import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers as hf
from PIL import Image
from safetensors.torch import load_file, save_file

from logits import check, make_pictures

program, tiny = sys.argv[1], pathlib.Path(sys.argv[2])
made = make_pictures(sys.argv[3])
TEXTS = ["a red car", "two dogs in the snow", "the one pattern"]
QUESTION = "what colour is the pattern?"
torch.manual_seed(5)


def opened(pictures):
    """As sensorium's commands read them: what is transparent lies on white. (`convert("RGB")` alone shows the colour beneath.)"""
    opaque = lambda image: Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return [opaque(Image.open(p).convert("RGBA")) for p in pictures]


def ours(command, folder, pictures, *words):
    """The JSON lines of a command on all pictures."""
    run = [program, command, "--model", folder, *map(str, pictures), *words, "--precision", "fp32", "--json"]
    return [json.loads(line) for line in subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout.splitlines()]


def same(name, a, b):
    print(json.dumps({"check": name, "texts": a}))
    assert a == b, f"{name}: {a} by sensorium, {b} by transformers"


def texts_of(tokenizer, config, ids):
    special = {config.bos_token_id, config.pad_token_id, config.sep_token_id}
    return [tokenizer.decode([i for i in row.tolist() if i not in special]) for row in ids]


class ResNetGrid(torch.nn.Module):
    """transformers' ResNet as BLIP's picture tower: the positions of its last stage, normalised, as tokens [B,49,2048]."""

    def __init__(self, config, weights):
        super().__init__()
        fields = {k: v for k, v in config.items() if k not in ("model_type", "image_size")}
        self.resnet = hf.ResNetModel(hf.ResNetConfig(**fields))
        self.post_layernorm = torch.nn.LayerNorm(config["hidden_sizes"][-1], eps=1e-5)
        self.post_layernorm.load_state_dict({k: weights.pop(f"post_layernorm.{k}") for k in ("weight", "bias")})
        self.resnet.load_state_dict(weights)

    def forward(self, pixel_values, **_):
        grid = self.resnet(pixel_values).last_hidden_state.flatten(2).transpose(1, 2)
        return hf.modeling_outputs.BaseModelOutputWithPooling(last_hidden_state=self.post_layernorm(grid))


def over_resnet(folder):
    """A captioner over a ResNet: BlipForConditionalGeneration whose picture tower is exchanged."""
    config, weights = json.loads(pathlib.Path(folder, "config.json").read_text()), load_file(f"{folder}/model.safetensors")
    width = config["vision_config"]["hidden_sizes"][-1]
    tower = {"hidden_size": width, "num_hidden_layers": 1, "num_attention_heads": 1, "image_size": 32, "patch_size": 32}
    model = hf.BlipForConditionalGeneration(hf.BlipConfig(text_config=config["text_config"], vision_config=tower))
    part = lambda prefix: {k[len(prefix):]: v for k, v in weights.items() if k.startswith(prefix)}
    model.text_decoder.load_state_dict(part("text_decoder."), strict=False)  # the last layer is the embedding's
    model.text_decoder.tie_weights()
    model.vision_model = ResNetGrid(config["vision_config"], part("vision_model."))
    return model.eval()


def is_over_resnet(folder):
    return json.loads(pathlib.Path(folder, "config.json").read_text())["vision_config"].get("model_type") == "resnet"


def loaded(kind, folder):
    return over_resnet(folder) if is_over_resnet(folder) else getattr(hf, kind).from_pretrained(folder).eval()


def compare(kind, folder, origin, pictures=made):
    images = opened(pictures)
    model = loaded(kind, folder)
    tokenizer = hf.AutoTokenizer.from_pretrained(folder)
    pixels = hf.AutoImageProcessor.from_pretrained(folder, backend="pil")(images, return_tensors="pt")["pixel_values"]
    name, text = f"{kind} that {origin} wrote", model.config.text_config
    for beams in (1, 3):
        options = {"max_new_tokens": 12, "num_beams": beams, "do_sample": False}
        if kind == "BlipForConditionalGeneration":
            ids = model.generate(pixels, **options)
            lines = ours("caption", folder, pictures, "--beams", str(beams), "--max-tokens", "12")
            same(f"{name}: captions, {beams} beams", [l["caption"] for l in lines], texts_of(tokenizer, text, ids))
        if kind == "BlipForQuestionAnswering":
            question = tokenizer([QUESTION] * len(images), return_tensors="pt")
            ids = model.generate(question.input_ids, pixels, attention_mask=question.attention_mask, **options)
            lines = ours("ask", folder, pictures, "--question", QUESTION, "--beams", str(beams), "--max-tokens", "12")
            same(f"{name}: answers, {beams} beams", [l["answer"] for l in lines], texts_of(tokenizer, text, ids))
    if kind == "BlipForImageTextRetrieval":
        lines = iter(ours("match", folder, pictures, "--text", *TEXTS))
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


def trained_logits(folder, captions, pictures):
    """transformers' logits of captions over their pictures as a reference case, which `sensorium verify` runs."""
    model = loaded("BlipForConditionalGeneration", folder)
    tokens = hf.AutoTokenizer.from_pretrained(folder)(captions, return_tensors="pt", padding=True)
    ids, mask = tokens.input_ids, tokens.attention_mask
    ids[:, 0] = model.config.text_config.bos_token_id
    processor = hf.AutoImageProcessor.from_pretrained(folder, backend="pil")
    pixels = processor(opened(pictures), return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        logits = model(pixel_values=pixels, input_ids=ids, attention_mask=mask).logits
    labels = ids.masked_fill(mask == 0, -100)
    labels[:, 0] = -100
    smoothing = model.config.text_config.label_smoothing
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), label_smoothing=smoothing)
    with tempfile.TemporaryDirectory() as case:
        for name in ("config.json", "model.safetensors"):
            pathlib.Path(case, name).symlink_to(pathlib.Path(folder, name).resolve())
        save_file({"pixel_values": pixels.contiguous(), "input_ids": ids, "attention_mask": mask, "labels": labels},
                  f"{case}/inputs.safetensors")
        save_file({"logits": logits.contiguous(), "loss": loss}, f"{case}/outputs.safetensors")
        pathlib.Path(case, "case.json").write_text(json.dumps({"what": "a trained captioner's logits by transformers"}))
        subprocess.run([program, "verify", case], check=True)


if len(sys.argv) > 4:
    trained, kind = sys.argv[4], "BlipForConditionalGeneration"
    found = sorted(p for p in pathlib.Path(sys.argv[5]).rglob("*") if p.suffix in (".png", ".jpg"))
    chosen = found[:: max(1, len(found) // 8)][:8]  # spread over the folder, of which neighbours may look alike
    captions = [line["caption"] for line in ours("caption", trained, chosen, "--max-tokens", "12")]
    assert len(set(captions)) >= 3, f"captions that hardly vary: {captions}"
    trained_logits(trained, captions, chosen)
    compare(kind, trained, "sensorium train blip", chosen)
    if not is_over_resnet(trained):
        with tempfile.TemporaryDirectory() as out:  # and back
            getattr(hf, kind).from_pretrained(trained).save_pretrained(out)
            hf.AutoTokenizer.from_pretrained(trained).save_pretrained(out)
            hf.AutoImageProcessor.from_pretrained(trained, backend="pil").save_pretrained(out)
            trained_logits(out, captions, chosen)
            compare(kind, out, "transformers, of a trained one,", chosen)
