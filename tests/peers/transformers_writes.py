"""transformers_writes.py PROGRAM MODEL FOLDER: checkpoints that transformers writes, in sensorium. MODEL lends its tokenizer."""

import sys
import tempfile

import torch
import transformers as hf
from PIL import Image

from logits import TEXTS, check, logits, make_pictures

program, folder, pictures = sys.argv[1], sys.argv[2], make_pictures(sys.argv[3])
tokenizer = hf.AutoTokenizer.from_pretrained(folder)
ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
tower = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
vision = tower | {"image_size": 48, "patch_size": 16}
text = tower | ends | {"vocab_size": len(tokenizer), "max_position_embeddings": tokenizer.model_max_length}
torch.manual_seed(3)
images = [Image.open(p).convert("RGB") for p in pictures]


def compare(name, model, processor, **padding):
    model = model.eval()
    with tempfile.TemporaryDirectory() as out:
        model.save_pretrained(out)
        processor.save_pretrained(out)
        tokenizer.save_pretrained(out)
        inputs = tokenizer(TEXTS, return_tensors="pt", truncation=True, **padding) | processor(images, return_tensors="pt")
        with torch.no_grad():
            theirs = model(**inputs).logits_per_image.double().numpy()
        bias = model.logit_bias.item() if hasattr(model, "logit_bias") else 0.0
        check(name, logits(program, out, pictures, model.logit_scale.double().exp().item(), bias), theirs)


size = {"size": {"shortest_edge": 48}, "crop_size": {"height": 48, "width": 48}}
for act in ("quick_gelu", "gelu"):
    config = hf.CLIPConfig(vision_config=vision | {"hidden_act": act}, text_config=text | {"hidden_act": act}, projection_dim=24)
    compare(f"CLIPModel, {act}", hf.CLIPModel(config), hf.CLIPImageProcessorPil(**size), padding=True)
