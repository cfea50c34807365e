"""transformers_reads.py PROGRAM MODEL FOLDER: a checkpoint that sensorium wrote, in transformers."""

import sys

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from logits import TEXTS, check, logits, make_pictures

program, folder, pictures = sys.argv[1], sys.argv[2], make_pictures(sys.argv[3])
model = AutoModel.from_pretrained(folder).eval()
# The Pillow backend is the reference: torchvision's resize of bytes is another one.
processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
tokenizer = AutoTokenizer.from_pretrained(folder)
images = [Image.open(p).convert("RGB") for p in pictures]
# SigLIP is used, here too, with every text padded to the full length.
padding = "max_length" if model.config.model_type == "siglip" else True
inputs = tokenizer(TEXTS, padding=padding, truncation=True, return_tensors="pt") | processor(images, return_tensors="pt")
with torch.no_grad():
    theirs = model(**inputs).logits_per_image.double().numpy()
    scale = model.logit_scale.double().exp().item()
    bias = model.logit_bias.item() if hasattr(model, "logit_bias") else 0.0
check(f"{type(model).__name__} that sensorium wrote", logits(program, folder, pictures, scale, bias), theirs)
