"""Reference ids over small vocabularies. Usage: text_tokenizers_small.py (transformers 5.23.0, tokenizers 0.23.3).

Reads tests/goldens/tokenizers/strings.jsonl ({"kind", "text"} a line) and the tokenizer folders beside it (clip_1000 was
trained and saved by Sensorium, the others by `tokenizers`), and writes NAME.jsonl: one line a string with its ids, and
pairs.json: pairs cut and padded to 24 by each strategy, and texts cut and padded to 16.
"""
import json, os, random
os.environ["HF_HUB_OFFLINE"] = "1"
from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertTokenizer

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tokenizers")
with open(f"{folder}/strings.jsonl", encoding="utf-8", newline="\n") as f:
    texts = [json.loads(line)["text"] for line in f]
clip = AutoTokenizer.from_pretrained(f"{folder}/clip_1000")
references = {
    "clip_1000": lambda s: clip(s)["input_ids"],
    "wordpiece_1000": (lambda t: lambda s: t.encode(s).ids)(Tokenizer.from_file(f"{folder}/wordpiece_1000/tokenizer.json")),
    "gpt2_bpe_1000": (lambda t: lambda s: t.encode(s).ids)(Tokenizer.from_file(f"{folder}/gpt2_bpe_1000/tokenizer.json")),
}
for name, encode in references.items():
    with open(f"{folder}/{name}.jsonl", "w") as f:
        for s in texts:
            f.write(json.dumps(encode(s), separators=(",", ":")) + "\n")

bert = BertTokenizer.from_pretrained(f"{folder}/wordpiece_1000")
rng = random.Random(1)
pairs = [[rng.randrange(len(texts)), rng.randrange(len(texts))] for _ in range(60)]
out = {"pairs": pairs}
for strategy in ("longest_first", "only_first", "only_second"):
    rows = []
    for i, j in pairs:
        try:
            e = bert(texts[i], texts[j], padding="max_length", truncation=strategy, max_length=24)
            ok = len(e["input_ids"]) == 24
        except Exception:
            ok = False
        rows.append([e["input_ids"], e["attention_mask"], e["token_type_ids"]] if ok else None)  # None: cannot reach 24
    out[strategy] = rows
single = [rng.randrange(len(texts)) for _ in range(40)]
e = clip([texts[i] for i in single], padding="max_length", truncation=True, max_length=16)
out["single"], out["clip_16"] = single, [e["input_ids"], e["attention_mask"]]
rows = [references["clip_1000"](texts[i]) for i in single]
out["clip_decoded"] = [clip.decode(r, skip_special_tokens=True) for r in rows]
out["wordpiece_decoded"] = [bert.decode(references["wordpiece_1000"](texts[i]), skip_special_tokens=True) for i in single]
with open(f"{folder}/pairs.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
