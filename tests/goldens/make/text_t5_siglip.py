"""Ids of T5's and SigLIP's tokenizers from a SentencePiece model alone. Usage: text_t5_siglip.py (transformers 5.23.0,
tokenizers 0.23.3, sentencepiece 0.2.3).

Reads tests/goldens/tokenizers/strings.jsonl and the models in sp_*/ beside it, puts each into a folder as spiece.model with
a tokenizer_config.json that names the class, and writes t5_siglip.jsonl: of every eighth string and those below, ids and
the decoded text by class and model.
"""
import json, os, shutil, tempfile
os.environ["HF_HUB_OFFLINE"] = "1"
from transformers import AutoTokenizer

SPELLED = ["a <extra_id_0> b <extra_id_99>", "<extra_id_100>", "wet </s> cat", "a cat</s>", "a<unk>b", "</s>", "<unk> <pad>",
           "A Photo, of a \"CAT\"!  (no_2)", "\u2581a\u2581b", "\u03a3\u03a3 ODOS\u03a3.", "x\u001cy\u00a0z", "...", "it's <s>fine</s>", "i\u0307I\u0130"]
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tokenizers")
with open(f"{folder}/strings.jsonl", encoding="utf-8", newline="\n") as f:
    texts = [json.loads(line)["text"] for line in f]
texts = SPELLED + [t for t in texts[::8] if len(t) < 1000]
tokenizers = {}
for name in ("T5Tokenizer", "SiglipTokenizer"):
    for model in ("sp_unigram", "sp_unigram_bytes", "sp_bpe_bytes"):
        with tempfile.TemporaryDirectory() as d:
            shutil.copy(f"{folder}/{model}/{model}.model", f"{d}/spiece.model")
            json.dump({"tokenizer_class": name}, open(f"{d}/tokenizer_config.json", "w"))
            t = AutoTokenizer.from_pretrained(d)
            ids = [t(text).input_ids for text in texts]
            tokenizers[f"{name}:{model}"] = (ids, [t.decode(i, skip_special_tokens=True) for i in ids])
with open(f"{folder}/t5_siglip.jsonl", "w") as f:
    for i, text in enumerate(texts):
        f.write(json.dumps({"text": text, "ids": {n: t[0][i] for n, t in tokenizers.items()},
                            "decoded": {n: t[1][i] for n, t in tokenizers.items()}}, separators=(",", ":")) + "\n")
