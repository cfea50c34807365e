"""Ids of SentencePiece and Unigram tokenizers, and cleaned texts. Usage: text_sentencepiece_small.py (sentencepiece 0.2.3,
tokenizers 0.23.3, ftfy 6.3.1, open_clip_torch 3.3.0).

Reads tests/goldens/tokenizers/strings.jsonl and the models in sp_*/ and t5_unigram/ beside it (trained with sentencepiece
and tokenizers on a corpus of our own) and writes
  sentencepiece.jsonl: of every fourth string, ids by model and the text they decode to; xlmr is sp_unigram as transformers
                       converts XLM-R (ids + 1), which tests/text/sentencepiece.cpp builds in the same way;
  clean.jsonl: of every string that it changes, ftfy.fix_text, and open_clip's "lower" and "canonicalize" of all.
"""
import importlib.util, json, os
import ftfy, sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tokenizers")
with open(f"{folder}/strings.jsonl", encoding="utf-8", newline="\n") as f:
    texts = [json.loads(line)["text"] for line in f]

m = pb.ModelProto()
m.ParseFromString(open(f"{folder}/sp_unigram/sp_unigram.model", "rb").read())
vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + [(q.piece, q.score) for q in m.pieces[3:]] + [("<mask>", 0.0)]
xlmr = Tokenizer(models.Unigram(vocab, unk_id=3, byte_fallback=False))
xlmr.normalizer = normalizers.Sequence([normalizers.Precompiled(m.normalizer_spec.precompiled_charsmap), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
xlmr.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
xlmr.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
xlmr.post_processor = processors.TemplateProcessing(single=["<s>", "$A", "</s>"], pair=["<s>", "$A", "</s>", "</s>", "$B", "</s>"], special_tokens=[("<s>", 0), ("</s>", 2)])
xlmr.add_special_tokens([AddedToken(t, special=True) for t in ("<s>", "<pad>", "</s>", "<unk>")] + [AddedToken("<mask>", lstrip=True, special=True)])
t5 = Tokenizer.from_file(f"{folder}/t5_unigram/tokenizer.json")
sps = {n: spm.SentencePieceProcessor(model_file=f"{folder}/{n}/{n}.model") for n in ("sp_unigram", "sp_unigram_bytes", "sp_bpe_bytes")}
with open(f"{folder}/sentencepiece.jsonl", "w") as f:
    for i in range(0, len(texts), 4):
        ids = {n: p.encode(texts[i]) for n, p in sps.items()}
        decoded = {n: p.decode(ids[n]) for n, p in sps.items()}
        for n, t in (("xlmr", xlmr), ("t5_unigram", t5)):
            ids[n] = t.encode(texts[i]).ids
            decoded[n] = t.decode(ids[n])
        f.write(json.dumps({"id": i, "ids": ids, "decoded": decoded}, separators=(",", ":")) + "\n")

spec = importlib.util.spec_from_file_location("oc_tokenizer", importlib.util.find_spec("open_clip").submodule_search_locations[0] + "/tokenizer.py")
oc = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oc)
with open(f"{folder}/clean.jsonl", "w") as f:
    for i, s in enumerate(texts):
        e = {"id": i, "ftfy": ftfy.fix_text(s), "lower": oc._clean_lower(s), "canonicalize": oc._clean_canonicalize(s)}
        if len({s, e["ftfy"], e["lower"], e["canonicalize"]}) > 1:
            f.write(json.dumps(e, separators=(",", ":")) + "\n")
