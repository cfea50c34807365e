"""Reference data for the CLIP family: random-weight checkpoints with inputs and outputs, training steps, LoRA, losses.

A case is build(dir, seed, z) -> (inputs, meta), which writes the checkpoint, load(dir, dtype) -> model, and
outputs(model, inputs) -> tensors; outputs always come from the checkpoint as it was read back from disk.
  clip.py --out DIR --seed N --twin dev|heldout            write every case (--only a,b for some)
  clip.py --out DIR --seed N --twin dev|heldout --verify   fresh process: reload, recompute, compare to 1e-6
With peft importable, --verify also loads the LoRA adapter through peft.
"""
import os
os.environ.setdefault("HF_HUB_OFFLINE", "1")
import argparse, copy, importlib, json, math, shutil, sys, warnings
warnings.filterwarnings("ignore")
import torch
import torch.nn.functional as F


def declare_torchvision_ops():
    """open_clip needs torchvision's Python only; PyPI's compiled ops do not load beside torch+cpu, so two names are declared instead."""
    try:
        import torchvision
        return None
    except RuntimeError:
        for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        ops = torch.library.Library("torchvision", "FRAGMENT")
        ops.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        ops.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return ops


TORCHVISION_OPS = declare_torchvision_ops()
import open_clip
import transformers as hf
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)
hf.logging.set_verbosity_error()
hf.utils.logging.disable_progress_bar()

OPENAI_MEAN, OPENAI_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]

# The two twins share every rule and differ in every size.
SIZES = {
    "dev": dict(
        n_image=3, n_text=5, pairs=6, projection=24, vocab=200, context=16, image=32,
        quick=dict(v=(48, 4, 2, 192), t=(32, 2, 3, 128), patch=8),          # width, heads, layers, mlp width
        gelu=dict(v=(32, 2, 3, 96), t=(48, 3, 2, 192), patch=16, image=64),
        open_vit=dict(v=(48, 12, 2, 8), t=(32, 4, 2)),                        # width, head width | heads, layers (, patch)
        open_resnet=dict(layers=[1, 2, 1, 1], width=12, head_width=48, image=64, t=(32, 2, 2)),
        bert=(32, 4, 2, 128), vit=(48, 4, 2, 96, 8), siglip=dict(v=(32, 4, 2, 80), t=(48, 4, 2, 112), patch=8),
        minilm=(48, 12, 3, 192), resnet=dict(hidden_sizes=[16, 32, 48, 64], depths=[1, 2, 1, 1], embedding_size=12),
        classes=7, rank=4, loss=(12, 16)),
    "heldout": dict(
        n_image=4, n_text=3, pairs=6, projection=20, vocab=157, context=13, image=40,
        quick=dict(v=(32, 2, 3, 96), t=(48, 4, 2, 160), patch=10),
        gelu=dict(v=(48, 6, 2, 192), t=(32, 4, 3, 96), patch=12, image=48),
        open_vit=dict(v=(32, 16, 3, 10), t=(48, 3, 2)),
        open_resnet=dict(layers=[2, 1, 1, 1], width=8, head_width=32, image=96, t=(40, 5, 2)),
        bert=(48, 3, 3, 96), vit=(40, 5, 3, 120, 10), siglip=dict(v=(48, 3, 3, 144), t=(32, 2, 3, 96), patch=10),
        minilm=(36, 6, 2, 144), resnet=dict(hidden_sizes=[8, 24, 32, 56], depths=[2, 1, 1, 2], embedding_size=16),
        classes=11, rank=4, loss=(15, 10)),
    "small": dict(                                                            # what a repository can carry
        n_image=2, n_text=3, pairs=6, projection=16, vocab=61, context=11, image=24,
        quick=dict(v=(32, 4, 2, 64), t=(24, 2, 2, 48), patch=8),
        gelu=dict(v=(24, 2, 2, 48), t=(32, 4, 2, 64), patch=12, image=48),
        open_vit=dict(v=(32, 8, 2, 8), t=(24, 3, 2)),
        open_resnet=dict(layers=[1, 2, 1, 1], width=4, head_width=32, image=64, t=(24, 2, 2)),
        bert=(24, 3, 2, 48), vit=(32, 4, 2, 64, 8), siglip=dict(v=(24, 3, 2, 40), t=(32, 4, 2, 56), patch=8),
        minilm=(32, 8, 2, 64), resnet=dict(hidden_sizes=[16, 24, 32, 48], depths=[1, 2, 1, 1], embedding_size=8),
        classes=5, rank=4, loss=(8, 12)),
}


# ---------------------------------------------------------------- random numbers
def gen(seed):
    return torch.Generator().manual_seed(int(seed))


def randn(g, *shape, std=1.0):
    return torch.randn(shape, generator=g) * std


NORMS = (torch.nn.LayerNorm, torch.nn.BatchNorm2d)


@torch.no_grad()
def randomise(model, seed):
    """Noise on every parameter, so that none can be left out or misread without being seen."""
    g = gen(seed)
    for m in model.modules():
        for name, p in m.named_parameters(recurse=False):
            p.copy_(noise(g, m, name, p))
    return model.eval()


@torch.no_grad()
def randomise_statistics(model, seed, forward):
    """Batch-norm statistics near those of random pictures, so that signals keep their size, then disturbed."""
    g = gen(seed)
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for m in norms:
        m.momentum = 1.0
    model.train()
    forward(model)
    for m in norms:
        m.momentum = 0.1
        m.running_mean.add_(0.2 * m.running_var.sqrt() * randn(g, *m.running_mean.shape))
        m.running_var.clamp_(min=0.3 * m.running_var.mean().item())        # a nearly dead channel must not be blown up
        m.running_var.mul_(0.8 + 0.5 * torch.rand(m.running_var.shape, generator=g))
        m.num_batches_tracked.fill_(7)
    return model.eval()


def noise(g, m, name, p):
    if name.startswith("logit_"):
        return p + 0.1 * randn(g, *p.shape)
    if isinstance(m, NORMS):
        return 1 + 0.2 * randn(g, *p.shape) if name == "weight" else 0.1 * randn(g, *p.shape)
    if isinstance(m, torch.nn.Embedding):
        return randn(g, *p.shape, std=0.5)
    if "bias" in name:
        return randn(g, *p.shape, std=0.1)
    if name in ("proj", "text_projection"):                    # open_clip: x @ p
        return randn(g, *p.shape, std=p.shape[0] ** -0.5)
    if name in ("weight", "in_proj_weight"):                   # linear and convolution: fan-in scale
        return randn(g, *p.shape, std=p[0].numel() ** -0.5)
    return randn(g, *p.shape, std=0.5)                         # class, position and probe embeddings


def pixels(g, n, size):
    """Like normalised pictures: own colour, own coarse pattern, fine noise."""
    coarse = F.interpolate(randn(g, n, 3, 4, 4), size=(size, size), mode="bilinear", align_corners=False)
    return (0.7 * randn(g, n, 3, 1, 1) + coarse + 0.5 * randn(g, n, 3, size, size)).clamp(-1.8, 2.2)


def lengths(n, context):
    """Different lengths, the first full, the shortest 4."""
    return [context - round(i * (context - 4) / max(1, n - 1)) for i in range(n)]


def clip_text(g, n, context, low, high, bos, eos, pad, planted):
    """bos, words in [low, high), eos, pad; `planted` is written in the middle of long rows (ids that must not be pooled at)."""
    ids = torch.full((n, context), pad)
    mask = torch.zeros(n, context, dtype=torch.long)
    for row, size in enumerate(lengths(n, context)):
        words = torch.randint(low, high, (size - 2,), generator=g)
        if size >= 6:
            words[2] = planted
        ids[row, :size] = torch.cat([torch.tensor([bos]), words, torch.tensor([eos])])
        mask[row, :size] = 1
    return ids, mask


def bert_text(g, n, context, vocab):
    """[CLS]=1 words [SEP]=2, pad 0."""
    return clip_text(g, n, context, 4, vocab, 1, 2, 0, 3)


# ---------------------------------------------------------------- writing the checkpoints
def clip_config(z, kind, act, eos, pad, bos):
    def tower(w):
        return dict(hidden_size=w[0], num_attention_heads=w[1], num_hidden_layers=w[2], intermediate_size=w[3], hidden_act=act,
                    projection_dim=z["projection"])
    s = z[kind]
    text = dict(tower(s["t"]), vocab_size=z["vocab"], max_position_embeddings=z["context"], eos_token_id=eos, pad_token_id=pad,
                bos_token_id=bos)
    vision = dict(tower(s["v"]), image_size=s.get("image", z["image"]), patch_size=s["patch"])
    return hf.CLIPConfig(text_config=text, vision_config=vision, projection_dim=z["projection"])


def write_image_processor(d, kind, size, mean=OPENAI_MEAN, std=OPENAI_STD, crop=True):
    """preprocessor_config.json with the keys that published checkpoints carry."""
    c = dict(image_processor_type=kind, do_convert_rgb=True, do_resize=True, do_rescale=True, rescale_factor=1 / 255,
             do_normalize=True, image_mean=mean, image_std=std, resample=3)
    if crop:
        c.update(size={"shortest_edge": size}, do_center_crop=True, crop_size={"height": size, "width": size})
    else:
        c.update(size={"height": size, "width": size})
    write_json(d, "preprocessor_config.json", c)


def write_json(d, name, value):
    path = os.path.join(d, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(value, f, indent=1)
        f.write("\n")


def build_clip_quick(d, seed, z):
    """Case 1; the training, LoRA and bf16 cases start from the same weights."""
    v = z["vocab"]
    c = clip_config(z, "quick", "quick_gelu", eos=2, pad=1, bos=0)           # the ids as openai's published configs have them
    randomise(hf.CLIPModel(c), seed).save_pretrained(d)
    write_image_processor(d, "CLIPImageProcessor", z["image"])
    g = gen(seed + 50)
    ids, mask = clip_text(g, z["n_text"], z["context"], 3, v - 2, v - 2, v - 1, v - 1, 2)
    x = dict(pixel_values=pixels(g, z["n_image"], z["image"]), input_ids=ids, attention_mask=mask)
    return x, dict(
        what="transformers CLIPModel, quick_gelu, legacy eos_token_id=2 (text is pooled at the largest id, first if several)",
        notes=["hidden_act quick_gelu: x * sigmoid(1.702 x)",
               "id 2 (the configured eos) stands in the middle of rows: it must not be pooled at; rows are padded with the largest id, "
               "which is also the end of text, so the first of them counts"] + CLIP_NOTES)


def build_clip_gelu(d, seed, z):
    v = z["vocab"]
    eos = v - 20
    c = clip_config(z, "gelu", "gelu", eos=eos, pad=eos, bos=v - 21)
    randomise(hf.CLIPModel(c), seed).save_pretrained(d)
    size = z["gelu"]["image"]
    write_image_processor(d, "CLIPImageProcessor", size)
    g = gen(seed + 50)
    ids, mask = clip_text(g, z["n_text"], z["context"], 3, v - 21, v - 21, eos, eos, v - 1)
    x = dict(pixel_values=pixels(g, z["n_image"], size), input_ids=ids, attention_mask=mask)
    return x, dict(
        what="transformers CLIPModel, exact gelu, eos_token_id set (text is pooled at the first eos)",
        notes=["ids larger than eos stand before it: pooling at the largest id would be wrong; rows are padded with eos",
               "hidden_act gelu: x * 0.5 * (1 + erf(x / sqrt 2))"] + CLIP_NOTES)


CLIP_NOTES = [
    "vision_hidden_state.0 is the encoder's input (after pre_layrnorm - so spelled in the checkpoint), .i the output of layer i; "
    "vision_last_hidden_state equals the last of them, before post_layernorm",
    "text_hidden_state.0 is token + position embedding; text_last_hidden_state is after final_layer_norm, unlike the last text_hidden_state",
    "X_pooler_output is before projection, X_features after it, X_embeds = X_features / L2 norm (no epsilon)",
    "logits_per_text = exp(logit_scale) * text_embeds @ image_embeds.T, logits_per_image its transpose",
    "text attention is causal and masked by attention_mask; states at padded positions are stored as the model gives them",
    "text_features are the same without attention_mask, and with each row cut after its end of text (checked by --verify): right padding cannot be seen",
]


def build_training(d, seed, z):
    _, meta = build_clip_quick(d, seed, z)
    g = gen(seed + 60)
    v, n = z["vocab"], z["pairs"]
    ids, mask = clip_text(g, n, z["context"], 3, v - 2, v - 2, v - 1, v - 1, 2)
    return dict(pixel_values=pixels(g, n, z["image"]), input_ids=ids, attention_mask=mask), dict(
        what="symmetric InfoNCE loss with gradients of all parameters, then 10 AdamW steps on the same batch; EMA of the weights",
        recipe=RECIPE, notes=TRAIN_NOTES)


RECIPE = {
    "start": "model.safetensors (the weights of clip_vit_quick_gelu); train mode, no dropout; the same 6 pairs at every step",
    "loss": "CLIPModel(..., return_loss=True): (CE(logits_per_text, arange) + CE(logits_per_text.T, arange)) / 2, each a mean over rows",
    "optimiser": "torch.optim.AdamW, betas (0.9, 0.98), eps 1e-6, amsgrad off",
    "weight_decay": "0.2 where parameter.ndim >= 2 (linear and convolution weights, token and position embedding tables); 0 where ndim < 2 "
                    "(all biases, LayerNorm weights, vision class_embedding, logit_scale)",
    "adamw": "g clipped; w *= 1 - lr*wd; m = b1*m+(1-b1)*g; v = b2*v+(1-b2)*g^2; w -= lr * (m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + eps), t from 1",
    "lr": "step s = 0..9, base 1e-3: s < 3: base*(s+1)/3; else base * 0.5 * (1 + cos(pi * (s-3) / (10-3)))",
    "clip": "all gradients scaled by min(1, 1 / (norm + 1e-6)), norm = L2 norm of all gradients together (torch clip_grad_norm_); "
            "step.grad_norm is the norm before clipping",
    "clamp": "after each optimiser step logit_scale = min(logit_scale, ln 100); no lower bound",
    "ema": "e = initial weights; after the clamp of each step e = decay*e + (1-decay)*w, no bias correction; all parameters incl. logit_scale",
    "order": "loss, backward, clip, set lr, step, clamp, ema",
}
TRAIN_NOTES = [
    "loss, logits_per_image and grad.NAME belong to the starting weights, gradients before clipping",
    "step.loss[s] is the loss before update s; step.logit_scale[s] is after its clamp; step.lr is float64",
    "final.NAME, ema_0.9.NAME, ema_0.999.NAME: after 10 steps",
    "clamp.step.*: the same run begun with logit_scale = 4.7, above ln 100, so that the clamp acts (weights are not stored for it)",
    "the gradient of every k_proj.bias is exactly 0 in theory: the stored values are rounding noise, and so are their updates",
    "rows of token_embedding that no caption uses have zero gradient but are still decayed",
]


LORA_TARGETS = ["q_proj", "v_proj"]


def build_lora(d, seed, z):
    x, _ = build_clip_quick(d, seed, z)
    g, rank = gen(seed + 70), z["rank"]
    ab = {}
    for name, m in hf.CLIPModel.from_pretrained(d).named_modules():
        if name.split(".")[-1] in LORA_TARGETS:
            ab[f"base_model.model.{name}.lora_A.weight"] = randn(g, rank, m.in_features, std=m.in_features ** -0.5)
            ab[f"base_model.model.{name}.lora_B.weight"] = randn(g, m.out_features, rank, std=0.3)
    write_json(d, "adapter/adapter_config.json", lora_config(rank))
    save_file(ab, os.path.join(d, "adapter", "adapter_model.safetensors"), metadata={"format": "pt"})
    return x, dict(
        what="LoRA on q_proj and v_proj of both towers of the clip_vit_quick_gelu weights: rank 4, alpha 8, peft's files",
        notes=["y = W x + b + (alpha/rank) * B (A x); scale = 2", "lora.*: adapters applied beside the weights; merged.*: after W += 2 * B @ A; "
               "base.*: without adapters; merged_weight.NAME: the merged matrices",
               "peft's two files are in adapter/, apart from the base checkpoint: with peft installed, from_pretrained on a folder holding both "
               "would inject the adapter by itself; names are base_model.model.<module path>.lora_A.weight"])


def lora_config(rank):
    """Word for word what peft 0.21.2 writes for LoraConfig(r=rank, lora_alpha=8, target_modules=[q_proj, v_proj]) on a CLIPModel."""
    return {
        "alora_invocation_tokens": None, "alpha_pattern": {}, "arrow_config": None,
        "auto_mapping": {"base_model_class": "CLIPModel", "parent_library": "transformers.models.clip.modeling_clip"},
        "base_model_name_or_path": None, "bias": "none", "corda_config": None, "ensure_weight_tying": False, "eva_config": None,
        "exclude_modules": None, "fan_in_fan_out": False, "inference_mode": True, "init_lora_weights": True, "kasa_config": None,
        "layer_replication": None, "layers_pattern": None, "layers_to_transform": None, "loftq_config": {}, "lora_alpha": 8,
        "lora_bias": False, "lora_dropout": 0.0, "lora_ga_config": None, "megatron_config": None, "megatron_core": "megatron.core",
        "modules_to_save": None, "monteclora_config": None, "peft_type": "LORA", "peft_version": "0.21.2", "qalora_group_size": 16,
        "r": rank, "rank_pattern": {}, "revision": None, "target_modules": LORA_TARGETS, "target_parameters": None, "task_type": None,
        "trainable_token_indices": None, "use_bdlora": None, "use_dora": False, "use_qalora": False, "use_rslora": False,
        "velora_config": None}


def build_bf16(d, seed, z):
    x, _ = build_clip_quick(d, seed, z)
    m = hf.CLIPModel.from_pretrained(d)
    m.to(torch.bfloat16).save_pretrained(d)
    return x, dict(
        what="clip_vit_quick_gelu with weights rounded to bf16 and stored as BF16, computed in torch bf16 and in fp32",
        notes=["bf16.*: model and inputs in bf16, stored as fp32; fp32.*: the same rounded weights computed in fp32",
               "this shows the error level of a plain torch bf16 run; it is not a target to be matched bit by bit"])


def build_chinese(d, seed, z):
    b, s = z["bert"], z["quick"]
    text = dict(bert_sizes(b), vocab_size=z["vocab"], max_position_embeddings=z["context"] + 3)
    v = s["v"]
    vision = dict(hidden_size=v[0], num_attention_heads=v[1], num_hidden_layers=v[2], intermediate_size=v[3], image_size=z["image"],
                  patch_size=s["patch"], hidden_act="quick_gelu", projection_dim=z["projection"])
    c = hf.ChineseCLIPConfig(text_config=text, vision_config=vision, projection_dim=z["projection"])
    randomise(hf.ChineseCLIPModel(c), seed).save_pretrained(d)
    write_image_processor(d, "ChineseCLIPImageProcessor", z["image"], crop=False)
    g = gen(seed + 50)
    ids, mask = bert_text(g, z["n_text"], z["context"], z["vocab"])
    x = dict(pixel_values=pixels(g, z["n_image"], z["image"]), input_ids=ids, attention_mask=mask, token_type_ids=segments(mask))
    return x, dict(what="transformers ChineseCLIPModel: CLIP ViT and BERT/RoBERTa text",
                   notes=["text_features = text_projection(text_last_hidden_state[:, 0]); there is no pooler in the checkpoint",
                          "text: post-LN, gelu, eps 1e-12; vision: quick_gelu, eps 1e-5; projections without bias",
                          "published preprocessor has do_center_crop false: resize to a square",
                          "token_type_ids are 1 in the second half of each row only so that both rows of that table matter"] + CLIP_NOTES[:1])


def bert_sizes(b):
    return dict(hidden_size=b[0], num_attention_heads=b[1], num_hidden_layers=b[2], intermediate_size=b[3])


def segments(mask):
    """token_type_ids: 1 in the second half of each row's real tokens."""
    half = mask.sum(1, keepdim=True) // 2
    return ((torch.arange(mask.shape[1])[None] >= half) & (mask == 1)).long()


def build_siglip(d, seed, z):
    s, size = z["siglip"], z["image"]
    t, v = ({**bert_sizes(s[k]), "hidden_act": "gelu_pytorch_tanh"} for k in ("t", "v"))
    c = hf.SiglipConfig(text_config=dict(t, vocab_size=z["vocab"], max_position_embeddings=z["context"], projection_size=s["v"][0],
                                         bos_token_id=z["vocab"] - 2, eos_token_id=1, pad_token_id=1),
                        vision_config=dict(v, image_size=size, patch_size=s["patch"]))
    m = hf.SiglipModel(c)
    with torch.no_grad():
        m.logit_scale.fill_(1.6)
        m.logit_bias.fill_(-2.0)
    randomise(m, seed).save_pretrained(d)
    write_image_processor(d, "SiglipImageProcessor", size, [0.5] * 3, [0.5] * 3, crop=False)
    g = gen(seed + 50)
    n = z["pairs"]
    ids, mask = clip_text(g, n, z["context"], 3, z["vocab"], 2, 1, 1, 5)
    return dict(pixel_values=pixels(g, n, size), input_ids=ids, attention_mask=mask), dict(
        what="transformers SiglipModel: sigmoid loss with gradients of all parameters, attention pooling head",
        notes=["the plain outputs use NO attention_mask, as SigLIP was trained (ids padded to max length with pad 1, not causal, pooled at the "
               "LAST position even if it is padding); masked.* are the same with attention_mask given",
               "hidden_act gelu_pytorch_tanh, LayerNorm eps 1e-6; patch_embedding has a bias, no class token, no pre-LayerNorm",
               "vision_last_hidden_state is AFTER post_layernorm (in CLIP it is before); pooler: probe as query of nn.MultiheadAttention "
               "(in_proj_weight rows q, k, v), then x + mlp(layernorm(x)), token 0",
               "text_embeds: final_layer_norm, last token, text_model.head (Linear with bias), L2 norm; vision has no projection",
               "logits_per_text = text @ image.T * exp(logit_scale) + logit_bias; both parameters have shape [1]",
               "loss = mean over rows i of sum over j of -logsigmoid(s_ij * logits_ij), s = +1 on the diagonal, -1 elsewhere: the sum is NOT divided "
               "by the number of columns", "grad.NAME: gradients of the plain (unmasked) loss"])


def build_dual(vision):
    def build(d, seed, z):
        bert = hf.BertConfig(vocab_size=z["vocab"], max_position_embeddings=z["context"] + 3, **bert_sizes(z["bert"]))
        vcfg = vit_config(z) if vision == "vit" else clip_config(z, "quick", "quick_gelu", 2, 1, 0).vision_config
        c = hf.VisionTextDualEncoderConfig.from_vision_text_configs(vcfg, bert, projection_dim=z["projection"])
        randomise(hf.VisionTextDualEncoderModel(c), seed).save_pretrained(d)
        if vision == "vit":
            write_image_processor(d, "ViTImageProcessor", z["image"], [0.5] * 3, [0.5] * 3, crop=False)
        else:
            write_image_processor(d, "CLIPImageProcessor", z["image"])
        g = gen(seed + 50)
        ids, mask = bert_text(g, z["pairs"], z["context"], z["vocab"])
        x = dict(pixel_values=pixels(g, z["pairs"], z["image"]), input_ids=ids, attention_mask=mask, token_type_ids=segments(mask))
        towers = {"vit": "ViTModel (pooler: dense + tanh on the class token after layernorm)",
                  "clip": "CLIPVisionModel (pooler: post_layernorm of the class token; as in clip-italian)"}
        return x, dict(what=f"transformers VisionTextDualEncoderModel: {towers[vision]} and BertModel (pooler: dense + tanh)",
                       notes=["X_features = X_projection(X_pooler_output), no bias; embeds = features / L2 norm",
                              "loss is CLIP's symmetric cross entropy on logits_per_text",
                              "a ResNet vision tower is impossible in transformers here: ResNetConfig has no hidden_size and pooler_output is [B, C, 1, 1]"])
    return build


def vit_config(z, **more):
    w, heads, layers, mlp, patch = z["vit"]
    return hf.ViTConfig(hidden_size=w, num_attention_heads=heads, num_hidden_layers=layers, intermediate_size=mlp, patch_size=patch,
                        image_size=z["image"], **more)


def build_minilm(d, seed, z):
    c = hf.BertConfig(vocab_size=z["vocab"], max_position_embeddings=z["context"] + 5, **bert_sizes(z["minilm"]))
    randomise(hf.BertModel(c), seed).save_pretrained(d)
    st = "sentence_transformers.models."
    write_json(d, "modules.json", [dict(idx=i, name=str(i), path=p, type=st + t) for i, (p, t) in
                                   enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])])
    write_json(d, "1_Pooling/config.json", dict(word_embedding_dimension=c.hidden_size, pooling_mode_cls_token=False,
               pooling_mode_mean_tokens=True, pooling_mode_max_tokens=False, pooling_mode_mean_sqrt_len_tokens=False))
    write_json(d, "sentence_bert_config.json", dict(max_seq_length=z["context"], do_lower_case=False))
    g = gen(seed + 50)
    ids, mask = bert_text(g, z["n_text"] + 2, z["context"], z["vocab"])
    return dict(input_ids=ids, attention_mask=mask, pair_token_type_ids=segments(mask)), dict(
        what="BertModel, mean over real tokens, L2 norm (sentence-transformers, all-MiniLM style)",
        notes=["mean_pooled = sum(mask * last_hidden_state) / max(sum(mask), 1e-9); sentence_embedding = mean_pooled / max(norm, 1e-12)",
               "token_type_ids are all 0 for the plain outputs; pair.* uses pair_token_type_ids", "pooler_output (dense + tanh) is not used by the embedding"])


def build_resnet(layer_type):
    def build(d, seed, z):
        c = hf.ResNetConfig(layer_type=layer_type, num_labels=z["classes"], downsample_in_first_stage=layer_type == "basic",
                            **z["resnet"])
        m = randomise(hf.ResNetForImageClassification(c), seed)
        randomise_statistics(m, seed + 1, lambda m: m(pixels(gen(seed + 2), 32, 64))).save_pretrained(d)
        write_image_processor(d, "ConvNextImageProcessor", 64, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], crop=False)
        return dict(pixel_values=pixels(gen(seed + 50), z["n_image"], 64), pixel_values_odd=pixels(gen(seed + 51), 2, 49)), dict(
            what=f"transformers ResNetForImageClassification, {layer_type} layers, eval mode, random running statistics",
            notes=["hidden_state.0 is the stem after max pooling, .i the output of stage i; BatchNorm eps 1e-5",
                   "bottleneck: the 3x3 convolution carries the stride, reduction 4; basic: this case also halves in the first stage "
                   "(downsample_in_first_stage)", "odd.logits: 49 x 49 pictures, where padding and pooling edges show"])
    return build


def build_vit(d, seed, z):
    randomise(hf.ViTForImageClassification(vit_config(z, num_labels=z["classes"])), seed).save_pretrained(d)
    write_image_processor(d, "ViTImageProcessor", z["image"], [0.5] * 3, [0.5] * 3, crop=False)
    return dict(pixel_values=pixels(gen(seed + 50), z["n_image"], z["image"])), dict(
        what="transformers ViTForImageClassification", notes=["pre-LN, gelu, LayerNorm eps 1e-12, patch projection with bias, no pre-LayerNorm",
        "last_hidden_state is after layernorm; logits = classifier(last_hidden_state[:, 0]); no pooler"])


def open_clip_config(z, kind, quick):
    s = z["open_vit"] if kind == "vit" else z["open_resnet"]
    if kind == "vit":
        w, head, layers, patch = s["v"]
        vision = dict(image_size=z["image"], layers=layers, width=w, head_width=head, patch_size=patch)
    else:
        vision = dict(image_size=s["image"], layers=s["layers"], width=s["width"], head_width=s["head_width"], patch_size=None)
    w, heads, layers = s["t"]
    text = dict(context_length=z["context"], vocab_size=z["vocab"], width=w, heads=heads, layers=layers)
    return dict(embed_dim=z["projection"], quick_gelu=quick, vision_cfg=vision, text_cfg=text)


def build_open_clip(kind, quick):
    def build(d, seed, z):
        cfg = open_clip_config(z, kind, quick)
        m = randomise(open_clip.model.CLIP(**copy.deepcopy(cfg)), seed)
        if kind == "resnet":
            randomise_statistics(m, seed + 1, lambda m: m.encode_image(pixels(gen(seed + 2), 32, cfg["vision_cfg"]["image_size"])))
        save_file({k: v.contiguous() for k, v in m.state_dict().items()}, os.path.join(d, "open_clip_model.safetensors"),
                  metadata={"format": "pt"})
        write_json(d, "open_clip_config.json", dict(model_cfg=cfg, preprocess_cfg=dict(
            mean=OPENAI_MEAN, std=OPENAI_STD, interpolation="bicubic", resize_mode="shortest")))
        g, v = gen(seed + 50), z["vocab"]
        ids, _ = clip_text(g, z["n_text"], z["context"], 1, v - 2, v - 2, v - 1, 0, 2)
        x = dict(pixel_values=pixels(g, z["n_image"], cfg["vision_cfg"]["image_size"]), input_ids=ids)
        return x, dict(what=f"open_clip CLIP with {'VisionTransformer' if kind == 'vit' else 'ModifiedResNet'}, quick_gelu {quick}, "
                            "open_clip's own tensor names", notes=OPEN_NOTES[kind])
    return build


OPEN_TEXT_NOTES = ["ids always have the full context length, padded with 0; pooled at the largest id (text_cfg.pool_type argmax); no attention mask but the causal one",
                   "X_features = projected, X_embeds = F.normalize of it (epsilon 1e-12); text_projection and visual.proj are applied as x @ P",
                   "text_hidden_state.0 = token + position embedding, .i = output of block i; text_last_hidden_state = after ln_final"]
OPEN_NOTES = {
    "vit": ["vision_hidden_state.0 = after ln_pre, .i = output of block i (before ln_post)",
            "quick_gelu is a model_cfg flag that acts on both towers; without it exact gelu",
            "heads = width // head_width in the vision tower, given directly in the text tower"] + OPEN_TEXT_NOTES,
    "resnet": ["vision_stage.0 = stem after average pooling, .i = output of layer i, NCHW",
               "heads of the attention pool = width * 32 // head_width; its token 0 is the mean of the others, positions are added to it too",
               "strides are average pools before conv3 and before the downsample convolution (names downsample.0 and .1; the pool is '-1', no weights)",
               "eval mode with random running statistics; batch norm eps 1e-5; quick_gelu acts on the text tower only"] + OPEN_TEXT_NOTES,
}


# ---------------------------------------------------------------- reading back and computing
def loader(cls):
    def load(d, dtype):
        return getattr(hf, cls).from_pretrained(d, dtype=torch.float32).to(dtype).eval()
    return load


def load_open_clip(d, dtype):
    m = open_clip.create_model("local-dir:" + os.path.abspath(d)).to(dtype).eval()
    stored = load_file(os.path.join(d, "open_clip_model.safetensors"))
    assert all(torch.equal(v.to(dtype), stored[k].to(dtype)) for k, v in m.state_dict().items()), d
    return m


def cast(m, x):
    t = next(m.parameters()).dtype
    return {k: v.to(t) if v.is_floating_point() else v for k, v in x.items()}


def states(out, prefix, o):
    out[prefix + "_last_hidden_state"] = o.last_hidden_state
    for i, h in enumerate(o.hidden_states):
        out[f"{prefix}_hidden_state.{i}"] = h
    if o.pooler_output is not None:
        out[prefix + "_pooler_output"] = o.pooler_output


def dual_outputs(m, x, loss=False):
    """Every two-tower model of transformers: towers, features, embeddings, logits."""
    x = cast(m, x)
    text = {k: v for k, v in x.items() if k != "pixel_values"}
    out = {}
    states(out, "vision", m.vision_model(x["pixel_values"], output_hidden_states=True))
    states(out, "text", m.text_model(**text, output_hidden_states=True))
    out["image_features"] = m.get_image_features(x["pixel_values"]).pooler_output
    out["text_features"] = m.get_text_features(**text).pooler_output
    o = m(**x, return_loss=loss)
    for k in ("image_embeds", "text_embeds", "logits_per_image", "logits_per_text") + (("loss",) if loss else ()):
        out[k] = o[k]
    return out


def gradients(m, loss):
    m.zero_grad()
    loss.backward(retain_graph=True)
    return {"grad." + n: p.grad.clone() for n, p in m.named_parameters()}


def siglip_outputs(m, x):
    plain = {k: v for k, v in x.items() if k != "attention_mask"}
    out = dual_outputs(m, plain, loss=True)
    masked = dual_outputs(m, x, loss=True)
    out.update({"masked." + k: masked[k] for k in ("text_last_hidden_state", "text_embeds", "logits_per_text", "loss")})
    out.update(gradients(m, out["loss"]))
    return out


def minilm_outputs(m, x):
    def run(types):
        o = m(x["input_ids"], x["attention_mask"], token_type_ids=types, output_hidden_states=True)
        out = {f"hidden_state.{i}": h for i, h in enumerate(o.hidden_states)}
        mask = x["attention_mask"][:, :, None].to(o.last_hidden_state.dtype)
        mean = (mask * o.last_hidden_state).sum(1) / mask.sum(1).clamp(min=1e-9)
        out.update(last_hidden_state=o.last_hidden_state, pooler_output=o.pooler_output, mean_pooled=mean,
                   sentence_embedding=F.normalize(mean, p=2, dim=1))
        return out
    pair = run(x["pair_token_type_ids"])
    return {**run(None), "pair.last_hidden_state": pair["last_hidden_state"], "pair.sentence_embedding": pair["sentence_embedding"]}


def resnet_outputs(m, x):
    x = cast(m, x)
    o = m.resnet(x["pixel_values"], output_hidden_states=True)
    out = {f"hidden_state.{i}": h for i, h in enumerate(o.hidden_states)}
    out.update(pooler_output=o.pooler_output, logits=m(x["pixel_values"]).logits)
    out["odd.logits"] = m(x["pixel_values_odd"]).logits
    return out


def vit_outputs(m, x):
    p = cast(m, x)["pixel_values"]
    o = m.vit(p, output_hidden_states=True)
    out = {f"hidden_state.{i}": h for i, h in enumerate(o.hidden_states)}
    out.update(last_hidden_state=o.last_hidden_state, logits=m(p).logits)
    return out


def watch(out, prefix, blocks, last=None):
    """Hooks that keep the input of the first block, the output of each, and the output of `last`."""
    def first(_, args):
        out[prefix + "_hidden_state.0"] = args[0].clone()

    def keep(name):
        return lambda _m, _a, y: out.__setitem__(name, y.clone())
    hooks = [blocks[0].register_forward_pre_hook(first)]
    hooks += [b.register_forward_hook(keep(f"{prefix}_hidden_state.{i + 1}")) for i, b in enumerate(blocks)]
    if last is not None:
        hooks.append(last.register_forward_hook(keep(prefix + "_last_hidden_state")))
    return hooks


def open_clip_outputs(m, x):
    x, out = cast(m, x), {}
    hooks = watch(out, "text", m.transformer.resblocks, m.ln_final)
    if hasattr(m.visual, "transformer"):
        hooks += watch(out, "vision", m.visual.transformer.resblocks)
    out["image_features"] = m.encode_image(x["pixel_values"])
    out["text_features"] = m.encode_text(x["input_ids"])
    for h in hooks:
        h.remove()
    if not hasattr(m.visual, "transformer"):
        for i, h in enumerate(m.visual.forward_intermediates(x["pixel_values"])["image_intermediates"]):
            out[f"vision_stage.{i}"] = h
    out["image_embeds"], out["text_embeds"], _ = m(x["pixel_values"], x["input_ids"])
    out["logits_per_image"], out["logits_per_text"] = m.get_logits(x["pixel_values"], x["input_ids"])
    return out


# ---------------------------------------------------------------- training
STEPS, WARMUP, BASE_LR, WD, MAX_SCALE = 10, 3, 1e-3, 0.2, math.log(100)


def learning_rate(step):
    if step < WARMUP:
        return BASE_LR * (step + 1) / WARMUP
    return BASE_LR * 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def train_run(m, x):
    named = dict(m.named_parameters())
    groups = [dict(params=[p for p in named.values() if p.ndim >= 2], weight_decay=WD),
              dict(params=[p for p in named.values() if p.ndim < 2], weight_decay=0.0)]
    opt = torch.optim.AdamW(groups, lr=BASE_LR, betas=(0.9, 0.98), eps=1e-6)
    ema = {decay: {n: p.detach().clone() for n, p in named.items()} for decay in (0.9, 0.999)}
    log = {k: [] for k in ("loss", "lr", "grad_norm", "logit_scale")}
    for step in range(STEPS):
        opt.zero_grad()
        loss = m(**x, return_loss=True).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0)
        for group in opt.param_groups:
            group["lr"] = learning_rate(step)
        opt.step()
        with torch.no_grad():
            m.logit_scale.clamp_(max=MAX_SCALE)
            for decay, e in ema.items():
                for n, p in named.items():
                    e[n].mul_(decay).add_(p, alpha=1 - decay)
        for k, v in zip(log, (loss, torch.tensor(learning_rate(step), dtype=torch.float64), norm, m.logit_scale)):
            log[k].append(v.detach().clone())
    return {"step." + k: torch.stack(v) for k, v in log.items()}, ema


def training_outputs(m, x):
    x = cast(m, x)
    with torch.enable_grad():
        m.train()
        other = copy.deepcopy(m)
        o = m(**x, return_loss=True)
        out = dict(loss=o.loss, logits_per_image=o.logits_per_image, **gradients(m, o.loss))
        steps, ema = train_run(m, x)
        with torch.no_grad():
            other.logit_scale.fill_(4.7)
        clamped, _ = train_run(other, x)
    out.update(steps)
    out.update({"clamp." + k: v for k, v in clamped.items()})
    out.update({"final." + n: p for n, p in m.named_parameters()})
    for decay, e in ema.items():
        out.update({f"ema_{decay}.{n}": v for n, v in e.items()})
    return out


# ---------------------------------------------------------------- LoRA and bf16
KEY_OUTPUTS = ("vision_last_hidden_state", "text_last_hidden_state", "image_embeds", "text_embeds", "logits_per_image")


def load_with_adapter(d, dtype):
    m = loader("CLIPModel")(d, dtype)
    m.adapter = {k: v.to(dtype) for k, v in load_file(os.path.join(d, "adapter", "adapter_model.safetensors")).items()}
    return m


def adapters(m):
    """(module path, A, B, scale) of each adapted linear layer."""
    with open(os.path.join(m.config._name_or_path, "adapter", "adapter_config.json")) as f:
        c = json.load(f)
    for key, a in m.adapter.items():
        if key.endswith("lora_A.weight"):
            yield key[len("base_model.model."):-len(".lora_A.weight")], a, m.adapter[key.replace("lora_A", "lora_B")], c["lora_alpha"] / c["r"]


def lora_outputs(m, x):
    def few(prefix):
        o = dual_outputs(m, x)
        return {f"{prefix}.{k}": o[k] for k in KEY_OUTPUTS}
    out = few("base")
    modules, hooks = dict(m.named_modules()), []
    for name, a, b, scale in adapters(m):
        hooks.append(modules[name].register_forward_hook(
            lambda _m, args, y, a=a, b=b, s=scale: y + s * F.linear(F.linear(args[0], a), b)))
    out.update(few("lora"))
    for h in hooks:
        h.remove()
    with torch.no_grad():
        for name, a, b, scale in adapters(m):
            modules[name].weight.add_(scale * b @ a)
            out["merged_weight." + name] = modules[name].weight.clone()
    out.update(few("merged"))
    return out


def bf16_outputs(m, x):
    """m is read in fp32 from a BF16 file."""
    low = dual_outputs(copy.deepcopy(m).to(torch.bfloat16), x)
    return {**{"bf16." + k: v.float() for k, v in low.items()}, **{"fp32." + k: v for k, v in dual_outputs(m, x).items()}}


def cosine(a, b):
    return F.cosine_similarity(a.double().flatten(), b.double().flatten(), dim=0).item()


def bf16_meta(out, d, case):
    keys = [k[5:] for k in out if k.startswith("bf16.")]
    case["cosine_bf16_to_fp32_same_rounded_weights"] = {k: round(cosine(out["bf16." + k], out["fp32." + k]), 7) for k in keys}
    first = os.path.join(os.path.dirname(os.path.abspath(d)), "clip_vit_quick_gelu", "outputs.safetensors")
    ref = load_file(first)
    case["cosine_bf16_to_clip_vit_quick_gelu_fp32"] = {k: round(cosine(out["bf16." + k], ref[k]), 7) for k in keys}
    case["max_abs_difference_to_clip_vit_quick_gelu_fp32"] = {
        k: float(f"{(out['bf16.' + k] - ref[k]).abs().max().item():.2g}") for k in keys}


# ---------------------------------------------------------------- losses on given embeddings, float64
def pair_inputs(g, n, w):
    """Pairs from nearly parallel to nearly opposite."""
    a = torch.randn(n, w, generator=g, dtype=torch.float64)
    b = torch.linspace(1.5, -0.7, n, dtype=torch.float64)[:, None] * a + torch.randn(n, w, generator=g, dtype=torch.float64)
    return a, b * (0.5 + torch.rand(n, 1, generator=g, dtype=torch.float64))


def build_margin(d, seed, z):
    g = gen(seed)
    a, b = pair_inputs(g, *z["loss"])
    y = (torch.arange(z["loss"][0]) % 2 == 0).double()
    return dict(a=a, b=b, y=y), dict(
        what="margin contrastive loss on pairs, y = 1 match, 0 mismatch; float64",
        notes=["L = mean(y d^2 + (1-y) max(0, m-d)^2), d = 1 - cos(a, b), cos = a.b / (|a| |b|) without epsilon, mean over pairs",
               "margin_M.loss, .grad_a, .grad_b for m in 0.2, 0.5, 1.0; gradients w.r.t. the vectors before normalisation"])


def margin_outputs(_, x):
    out = {}
    for m in (0.2, 0.5, 1.0):
        def loss(a, b):
            d = 1 - unit(a).mul(unit(b)).sum(1)
            out["distance"] = d
            return (x["y"] * d ** 2 + (1 - x["y"]) * (m - d).clamp(min=0) ** 2).mean()
        out.update(with_grads(f"margin_{m}", loss, a=x["a"], b=x["b"]))
    return out


def unit(v):
    return v / v.norm(dim=1, keepdim=True)


def with_grads(prefix, loss, **values):
    leaves = {k: v.clone().requires_grad_(True) for k, v in values.items()}
    with torch.enable_grad():
        value = loss(**leaves)
        value.backward()
    check_by_differences(prefix, loss, leaves)
    return {prefix + ".loss": value, **{f"{prefix}.grad_{k}": v.grad for k, v in leaves.items()}}


def check_by_differences(prefix, loss, leaves, h=1e-6):
    """Central differences on every element."""
    for k, leaf in leaves.items():
        base = {n: v.detach().clone() for n, v in leaves.items()}
        flat, grad = base[k].view(-1), leaf.grad.reshape(-1)
        for i in range(flat.numel()):
            keep = flat[i].item()
            flat[i] = keep + h
            up = loss(**base)
            flat[i] = keep - h
            down = loss(**base)
            flat[i] = keep
            assert abs((up - down).item() / (2 * h) - grad[i].item()) < 1e-7, (prefix, k, i)


def build_triplet(d, seed, z):
    g = gen(seed)
    a, b = pair_inputs(g, *z["loss"])
    return dict(a=a, b=b), dict(
        what="triplet ranking loss, hardest negatives (VSE++) and all negatives (VSE0); float64",
        notes=["s = unit(a) @ unit(b).T; cost_b[i,j] = max(0, m + s_ij - s_ii), cost_a[i,j] = max(0, m + s_ij - s_jj), diagonals 0",
               "hardest: sum_i max_j cost_b[i,j] + sum_j max_i cost_a[i,j]; all: sum of all entries; both are SUMS over the batch",
               "hardest_M / all_M for m in 0.2, 0.5 with .loss, .grad_a, .grad_b (vectors before normalisation)"])


def triplet_outputs(_, x):
    out = {"scores": unit(x["a"]) @ unit(x["b"]).T}
    for m in (0.2, 0.5):
        for kind in ("hardest", "all"):
            def loss(a, b):
                s = unit(a) @ unit(b).T
                other = 1 - torch.eye(len(s), dtype=s.dtype)
                cost_b = (m + s - s.diag()[:, None]).clamp(min=0) * other
                cost_a = (m + s - s.diag()[None, :]).clamp(min=0) * other
                return cost_b.max(1).values.sum() + cost_a.max(0).values.sum() if kind == "hardest" else cost_b.sum() + cost_a.sum()
            out.update(with_grads(f"{kind}_{m}", loss, a=x["a"], b=x["b"]))
    return out


def build_contrastive(d, seed, z):
    g = gen(seed)
    a, b = pair_inputs(g, *z["loss"])
    one = dict(logit_scale=torch.tensor(1.9, dtype=torch.float64), logit_bias=torch.tensor(-1.3, dtype=torch.float64))
    return dict(a=a, b=b, **one), dict(
        what="symmetric InfoNCE and SigLIP's sigmoid loss on given embeddings; float64",
        notes=["logits = exp(logit_scale) * unit(a) @ unit(b).T (+ logit_bias for the sigmoid loss)",
               "infonce: (mean row cross entropy + mean column cross entropy) / 2 with the diagonal as target",
               "sigmoid: sum over all i, j of -logsigmoid(s_ij logits_ij) / N, s = +1 on the diagonal, -1 elsewhere"])


def contrastive_outputs(_, x):
    def logits(a, b, logit_scale):
        return logit_scale.exp() * unit(a) @ unit(b).T

    def infonce(a, b, logit_scale):
        s, t = logits(a, b, logit_scale), torch.arange(len(a))
        return (F.cross_entropy(s, t) + F.cross_entropy(s.T, t)) / 2

    def sigmoid(a, b, logit_scale, logit_bias):
        s = logits(a, b, logit_scale) + logit_bias
        sign = 2 * torch.eye(len(s), dtype=s.dtype) - 1
        return -F.logsigmoid(sign * s).sum() / len(s)
    values = {k: x[k] for k in ("a", "b", "logit_scale")}
    return {**with_grads("infonce", infonce, **values), **with_grads("sigmoid", sigmoid, **values, logit_bias=x["logit_bias"])}


# ---------------------------------------------------------------- the cases
FIRST, NO_MODEL = "clip_vit_quick_gelu", lambda d, dtype: None
CASES = {
    FIRST: (build_clip_quick, loader("CLIPModel"), dual_outputs),
    "clip_vit_gelu": (build_clip_gelu, loader("CLIPModel"), dual_outputs),
    "open_clip_vit": (build_open_clip("vit", False), load_open_clip, open_clip_outputs),
    "open_clip_vit_quick_gelu": (build_open_clip("vit", True), load_open_clip, open_clip_outputs),
    "open_clip_resnet": (build_open_clip("resnet", True), load_open_clip, open_clip_outputs),
    "chinese_clip": (build_chinese, loader("ChineseCLIPModel"), dual_outputs),
    "siglip": (build_siglip, loader("SiglipModel"), siglip_outputs),
    "vision_text_dual": (build_dual("vit"), loader("VisionTextDualEncoderModel"), lambda m, x: dual_outputs(m, x, loss=True)),
    "vision_text_dual_clip": (build_dual("clip"), loader("VisionTextDualEncoderModel"), lambda m, x: dual_outputs(m, x, loss=True)),
    "bert_minilm": (build_minilm, loader("BertModel"), minilm_outputs),
    "resnet_classifier_bottleneck": (build_resnet("bottleneck"), loader("ResNetForImageClassification"), resnet_outputs),
    "resnet_classifier_basic": (build_resnet("basic"), loader("ResNetForImageClassification"), resnet_outputs),
    "vit_classifier": (build_vit, loader("ViTForImageClassification"), vit_outputs),
    "training_clip": (build_training, loader("CLIPModel"), training_outputs),
    "lora_clip": (build_lora, load_with_adapter, lora_outputs),
    "clip_bf16": (build_bf16, loader("CLIPModel"), bf16_outputs),
    "loss_margin": (build_margin, NO_MODEL, margin_outputs),
    "loss_triplet": (build_triplet, NO_MODEL, triplet_outputs),
    "loss_contrastive": (build_contrastive, NO_MODEL, contrastive_outputs),
}
SAME_WEIGHTS = ("training_clip", "lora_clip", "clip_bf16")             # they start from FIRST's weights and need no second look


def seed_of(name, seed):
    return seed * 10000 + 100 * list(CASES).index(FIRST if name in SAME_WEIGHTS else name)


def tidy(tensors):
    out = {k: v.detach().clone().contiguous() for k, v in tensors.items()}
    assert all(torch.isfinite(v).all() for v in out.values() if v.is_floating_point())
    return out


def compute(name, d, dtype):
    _, load, outputs = CASES[name]
    m = load(d, dtype)
    x = load_file(os.path.join(d, "inputs.safetensors"))
    return m, outputs(m, x)


def difference64(low, high):
    """Largest |fp32 - fp64| per output over that output's largest magnitude: what tolerances should be derived from."""
    r = {}
    for k, v in low.items():
        if v.is_floating_point():
            r[k] = float(f"{((v.double() - high[k].double()).abs().max() / high[k].double().abs().max().clamp_min(1e-12)).item():.2g}")
    grouped, worst = {}, {}
    for k, v in r.items():
        prefix = k.split(".")[0]
        if prefix in ("grad", "final", "ema_0", "merged_weight"):
            if not k.endswith("k_proj.bias") or prefix != "grad":      # pure rounding noise there
                worst[prefix] = max(worst.get(prefix, ("", -1.0)), (k, v), key=lambda t: t[1])
        else:
            grouped[k] = v
    return {**grouped, **{f"worst of {p}.*": {k: v} for p, (k, v) in worst.items()}}


def unaffecting(name, d):
    """Parameters whose change would hardly show in the outputs: first-order effect under 1e-3 of the median parameter's."""
    with torch.enable_grad():
        m, out = compute(name, d, torch.float64)
        g = gen(1)
        total = sum((v * torch.randn(v.shape, generator=g, dtype=v.dtype)).sum() for k, v in out.items() if v.requires_grad)
        m.zero_grad()
        total.backward()
    effect = {n: 0.0 if p.grad is None else p.grad.abs().max().item() for n, p in m.named_parameters()}
    return [n for n, e in effect.items() if e < 1e-3 * sorted(effect.values())[len(effect) // 2]]


def versions():
    return {"python": sys.version.split()[0], **{m: importlib.import_module(m).__version__ for m in
            ("torch", "transformers", "open_clip", "timm", "safetensors", "numpy")}}


def write(name, d, args):
    shutil.rmtree(d, ignore_errors=True)
    os.makedirs(d)
    inputs, meta = CASES[name][0](d, seed_of(name, args.seed), SIZES[args.twin])
    save_file(tidy(inputs), os.path.join(d, "inputs.safetensors"))
    out = tidy(compute(name, d, torch.float32)[1])
    save_file(out, os.path.join(d, "outputs.safetensors"))
    case = {"what": meta.pop("what"), "made_with": {**versions(), "script": f"clip.py --seed {args.seed} --twin {args.twin}"}, **meta}
    if name == "clip_bf16":
        bf16_meta(out, d, case)
    elif not name.startswith("loss_"):
        case["fp32_vs_fp64_max_diff_over_max"] = difference64(out, tidy(compute(name, d, torch.float64)[1]))
    write_json(d, "case.json", case)
    print(f"wrote {name:30s} {folder_size(d) / 1e6:.2f} MB", flush=True)


def folder_size(d):
    return sum(os.path.getsize(os.path.join(r, f)) for r, _, fs in os.walk(d) for f in fs)


def verify(name, d):
    stored = load_file(os.path.join(d, "outputs.safetensors"))
    fresh = tidy(compute(name, d, torch.float32)[1])
    assert set(stored) == set(fresh), set(stored) ^ set(fresh)
    worst = max((((fresh[k].double() - v.double()).abs() / (1 + v.double().abs())).max().item() for k, v in stored.items()))
    assert all(fresh[k].dtype == v.dtype and fresh[k].shape == v.shape for k, v in stored.items()) and worst <= 1e-6, (name, worst)
    print(f"verified {name:30s} worst {worst:.1g}", spread(stored), flush=True)
    if not name.startswith("loss_") and name not in SAME_WEIGHTS:
        print("   parameters without effect:", short(unaffecting(name, d)), flush=True)
    if os.path.exists(os.path.join(d, "preprocessor_config.json")):
        hf.AutoImageProcessor.from_pretrained(d)
    if name in (FIRST, "clip_vit_gelu"):
        verify_padding_unseen(d, stored)
    if name == "lora_clip":
        verify_with_peft(d, stored)


@torch.no_grad()
def verify_padding_unseen(d, stored):
    m, x = loader("CLIPModel")(d, torch.float32), load_file(os.path.join(d, "inputs.safetensors"))
    for row, size in enumerate(x["attention_mask"].sum(1).tolist()):
        alone = m.get_text_features(x["input_ids"][row:row + 1, :size]).pooler_output[0]
        assert (alone - stored["text_features"][row]).abs().max() < 5e-6, (d, row)


def short(names):
    rest = [n for n in names if not n.endswith(("k_proj.bias", "key.bias"))]
    return f"{len(names) - len(rest)} key biases" + (f", {rest}" if rest else "")


def spread(stored):
    """Largest cosine between two different rows of each embedding: near 1 would mean degenerate weights."""
    r = {}
    for k, v in stored.items():
        if k.endswith(("image_embeds", "text_embeds", "sentence_embedding")) and "." not in k:
            c = (v @ v.T).fill_diagonal_(-1)
            r[k] = round(c.max().item(), 3)
    return r


def verify_with_peft(d, stored):
    try:
        from peft import PeftModel
    except ImportError:
        return print("   peft is not installed: adapter not checked with it")
    x = load_file(os.path.join(d, "inputs.safetensors"))
    m = PeftModel.from_pretrained(hf.CLIPModel.from_pretrained(d), os.path.join(d, "adapter")).eval()
    applied = dual_outputs(m.base_model.model, x)
    merged = dual_outputs(m.merge_and_unload(), x)
    for k in KEY_OUTPUTS:
        for kind, o in (("lora", applied), ("merged", merged)):
            assert (o[k] - stored[f"{kind}.{k}"]).abs().max() < 1e-5, (kind, k)
    print("   peft reads the adapter and gives the same outputs")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", required=True)
    p.add_argument("--seed", type=int, required=True)
    p.add_argument("--twin", choices=list(SIZES), required=True)
    p.add_argument("--only", default="", help="comma-separated cases; default all")
    p.add_argument("--verify", action="store_true")
    args = p.parse_args()
    for name in CASES:
        if args.only and name not in args.only.split(","):
            continue
        d = os.path.join(args.out, name)
        verify(name, d) if args.verify else write(name, d, args)
    if not args.only:
        print(f"{folder_size(args.out) / 1e6:.2f} MB in {args.out}")


if __name__ == "__main__":
    main()
